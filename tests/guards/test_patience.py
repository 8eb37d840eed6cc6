import pytest

from agentops_cli.guards.patience import Patience
from agentops_cli.guards.purse import Purse
from agentops_cli.guards.stack import guarded
from agentops_cli.model.call import Completion, Fault, FaultKind, Request
from agentops_cli.model.money import FREE
from agentops_cli.model.settings import Breaker, ModelSettings, Retry
from agentops_cli.model.suite import Budget
from agentops_cli.ports import Gateway
from tests.builders import a_completion, a_request
from tests.guards.clockwork import Clockwork, Provider, a_failure, fault_in


async def test_calls_of_this_process_pass_by_the_guards_that_wait() -> None:
    clock = Clockwork()
    provider = Provider(clock, then=a_failure(FaultKind.TIMEOUT))
    patience = Patience(
        outside=clock.outside,
        place_of=lambda model: None if model.startswith("local/") else "here",
        retry=Retry(attempts=3),
        breaker=Breaker(),
        models={"local/small": ModelSettings(rpm=1)},
        concurrency=1,
    )
    gateway = guarded(
        provider,
        price_of=lambda _: FREE,
        purse=Purse(Budget(), {}, clock=clock.outside.clock),
        bound_of=lambda _: None,
        prepaid=lambda _: False,
        patience=patience,
    )
    results = await clock.run(*(gateway.complete(a_request(model="local/small")) for _ in range(9)))
    assert {fault_in(result).retries for result in results} == {0}
    assert (len(provider.requests), clock.now, clock.incidents) == (9, 1000, [])
    [result] = await clock.run(gateway.complete(a_request(model="openai/gpt-4o")))
    assert fault_in(result).retries == 2
    await gateway.close()
    assert provider.closed == 1


@pytest.mark.parametrize("attempts", [1, 3])
async def test_every_attempt_is_counted_by_the_breaker_and_waits_for_its_turn(
    attempts: int,
) -> None:
    clock = Clockwork()
    provider = Provider(clock, a_completion(), *[a_failure()] * 2, then=a_completion())
    patience = Patience(
        outside=clock.outside,
        place_of=lambda _: "here",
        retry=Retry(attempts=attempts),
        breaker=Breaker(consecutive_failures=2),
        models={"m": ModelSettings(rpm=2)},
        concurrency=8,
    )
    gateway = guarded(
        provider,
        price_of=lambda _: FREE,
        purse=Purse(Budget(), {}, clock=clock.outside.clock),
        bound_of=lambda _: None,
        prepaid=lambda _: False,
        patience=patience,
    )
    await clock.run(gateway.complete(a_request(model="m")))
    [result] = await clock.run(gateway.complete(a_request(model="m")))
    if attempts == 1:
        assert fault_in(result).retries == 0
        return
    assert isinstance(result, Completion)
    assert provider.times == [0, 0, 61, 91]
    assert [guard for guard, _ in clock.incidents] == ["breaker", "breaker"]


def everything(clock: Clockwork, provider: Provider, retry: Retry, **limits: int) -> Gateway:
    """All the guards in front of a provider, for the model `m`."""
    return guarded(
        provider,
        price_of=lambda _: FREE,
        purse=Purse(Budget(), {}, clock=clock.outside.clock),
        bound_of=lambda _: None,
        prepaid=lambda _: False,
        patience=Patience(
            outside=clock.outside,
            place_of=lambda _: "here",
            retry=retry,
            breaker=Breaker(consecutive_failures=2),
            models={"m": ModelSettings(**limits)},  # type: ignore[arg-type] # rpm only.
            concurrency=8,
        ),
    )


@pytest.mark.parametrize(
    ("limits", "replies", "why"),
    [
        ({"rpm": 1}, [a_failure()], "rpm is 1"),
        ({}, [a_failure(FaultKind.RATE_LIMIT, retry_after_s=15.0)] * 2, "as it asks"),
        ({}, [a_failure()] * 3, "it is held back after failures"),
    ],
)
async def test_no_guard_lets_an_attempt_wait_past_the_deadline_of_its_call(
    limits: dict[str, int], replies: list[Fault], why: str
) -> None:
    clock = Clockwork()
    provider = Provider(clock, *replies, then=a_completion())
    gateway = everything(clock, provider, Retry(deadline_s=20.0), **limits)
    [result] = await clock.run(gateway.complete(a_request(model="m")))
    fault = fault_in(result)
    assert clock.now <= 1020
    assert fault.kind is replies[0].kind, "it was made, and says what went wrong with it"
    assert f"no time is left to wait ({why})" in fault.message
    assert not fault.final, "it may be made once more at the end of the run"


async def test_after_the_deadline_of_the_run_nothing_is_waited_for() -> None:
    clock = Clockwork()
    gateway = everything(
        clock, Provider(clock, then=a_completion()), Retry(run_deadline_s=60), rpm=1
    )
    first, second = await clock.run(*(gateway.complete(a_request(model="m")) for _ in range(2)))
    assert isinstance(first, Completion)
    assert fault_in(second).kind is FaultKind.BREAKER
    assert clock.now == 1000
    clock.now += 70
    [third] = await clock.run(gateway.complete(a_request(model="m")))
    assert isinstance(third, Completion), "what need not wait is made"


@pytest.mark.parametrize(
    ("before", "least", "most"),
    [((), 1060, 1100), ((a_completion(),), 1200, 1310)],
    ids=["that never answered", "that answered once"],
)
async def test_nothing_but_429s_ends_every_call_by_some_time(
    before: tuple[Completion, ...], least: float, most: float
) -> None:
    clock = Clockwork(random=1.0)
    busy = a_failure(FaultKind.RATE_LIMIT)
    provider = Provider(clock, *before, then=busy)
    gateway = everything(clock, provider, Retry())
    await clock.run(*(gateway.complete(a_request(model="m")) for _ in before))
    results = await clock.run(*(gateway.complete(a_request(model="m")) for _ in range(8)))
    assert {fault_in(result).kind for result in results} == {FaultKind.RATE_LIMIT}
    assert least < clock.now <= most
    results = await clock.run(*(gateway.complete(a_request(model="m")) for _ in range(100)))
    assert clock.now < 1400, "not as long again for each"
    assert len(provider.requests) < 60


async def test_a_provider_that_takes_so_many_a_second_loses_no_call() -> None:
    clock = Clockwork(random=1.0)
    answered: list[float] = []

    async def take_two_a_second(_: Request) -> Completion | Fault:
        if len(answered) >= 2 and answered[-2] > clock.now - 1:
            return a_failure(FaultKind.RATE_LIMIT)
        answered.append(clock.now)
        return a_completion()

    gateway = everything(clock, Provider(clock, then=take_two_a_second), Retry())
    results = await clock.run(*(gateway.complete(a_request(model="m")) for _ in range(60)))
    assert all(isinstance(result, Completion) for result in results)
    assert clock.now < 1060, "half of what it takes, at the least"
