import pytest

from agentops_cli.guards.patience import Patience
from agentops_cli.guards.purse import Purse
from agentops_cli.guards.stack import guarded
from agentops_cli.model.call import Completion, FaultKind
from agentops_cli.model.money import FREE
from agentops_cli.model.settings import Breaker, ModelSettings, Retry
from agentops_cli.model.suite import Budget
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
