import asyncio
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.errors import StoreError
from agentops_cli.guards.retry import Retried, most_billed_attempts
from agentops_cli.model.call import AgentInput, Completion, Fault, FaultKind, Request
from agentops_cli.model.cut_off import CutOffError
from agentops_cli.model.money import Cost
from agentops_cli.model.settings import Retry
from tests.builders import a_completion, a_request
from tests.guards.clockwork import Clockwork, Provider, Reply, a_failure, fault_in, idle

MAY_PASS = {
    FaultKind.CONNECTION,
    FaultKind.MALFORMED,
    FaultKind.PROVIDER,
    FaultKind.RATE_LIMIT,
    FaultKind.TIMEOUT,
}
CENT = Decimal("0.01")


def an_agent_call() -> Request:
    agent = AgentInput(input="Where is order 812?", conversation="r-0-0-0")
    return a_request(model="agent/bot", agent=agent)


async def ask(
    *replies: Reply,
    request: Request | None = None,
    clock: Clockwork | None = None,
    then: Reply | None = None,
    **settings: Any,
) -> tuple[Any, Provider, Clockwork]:
    """What comes of one call, whom it was made to, and how time went on."""
    clock = clock or Clockwork()
    provider = Provider(clock, *replies, then=then)
    retried = Retried(provider, Retry(**settings), clock.outside)
    [result] = await clock.run(retried.complete(request or a_request()))
    await retried.close()
    return result, provider, clock


async def test_an_answer_comes_through_as_it_is() -> None:
    answer = a_completion()
    result, provider, clock = await ask(answer)
    assert result is answer
    assert (len(provider.requests), clock.slept, clock.incidents) == (1, [], [])


@pytest.mark.parametrize("kind", FaultKind)
async def test_only_what_may_pass_is_tried_again(kind: FaultKind) -> None:
    result, provider, _ = await ask(a_failure(kind), a_completion())
    assert len(provider.requests) == (2 if kind in MAY_PASS else 1)
    assert isinstance(result, Completion) is (kind in MAY_PASS)


@pytest.mark.parametrize("kind", sorted(MAY_PASS))
async def test_what_is_known_to_stay_is_not_tried_again(kind: FaultKind) -> None:
    fault = a_failure(kind, final=True)
    result, provider, _ = await ask(fault)
    assert (fault_in(result), len(provider.requests)) == (fault, 1)


@pytest.mark.parametrize("attempts", [1, 2, 5])
@pytest.mark.parametrize("kind", sorted(set(FaultKind) - {FaultKind.RATE_LIMIT}))
async def test_no_more_attempts_are_charged_for_than_are_told_beforehand(
    kind: FaultKind, attempts: int
) -> None:
    request = a_request()
    most = most_billed_attempts(Retry(attempts=attempts), request.model)
    charged = a_failure(kind, billed=True)
    _, provider, _ = await ask(then=charged, attempts=attempts)
    assert len(provider.requests) <= most
    if kind is FaultKind.MALFORMED:
        assert len(provider.requests) == most


@pytest.mark.parametrize("model", ["local/minilm", "scripted/x", "replay/a.jsonl", "agent/bot"])
def test_only_what_a_provider_answers_is_charged_for_twice(model: str) -> None:
    assert most_billed_attempts(Retry(attempts=5), model) == 1


async def test_of_a_call_that_reached_an_agent_there_is_no_second_one() -> None:
    request = an_agent_call()
    _, provider, _ = await ask(then=a_failure(billed=True), request=request, attempts=5)
    most = most_billed_attempts(Retry(attempts=5), request.model)
    assert len(provider.requests) == most == 1


async def test_a_call_is_made_so_often_and_no_oftener() -> None:
    result, provider, _ = await ask(then=a_failure(), attempts=3)
    assert len(provider.requests) == 3
    assert fault_in(result).message == "connection (tried 3 times)"
    assert fault_in(result).retries == 2


async def test_one_attempt_is_the_fault_as_it_came() -> None:
    fault = a_failure()
    result, provider, clock = await ask(fault, attempts=1)
    assert fault_in(result) is fault
    assert (len(provider.requests), clock.incidents) == (1, [])


@pytest.mark.parametrize("kind", sorted(MAY_PASS - {FaultKind.RATE_LIMIT, FaultKind.TIMEOUT}))
async def test_what_may_have_been_charged_for_is_tried_as_often_as_anything(
    kind: FaultKind,
) -> None:
    result, provider, _ = await ask(then=a_failure(kind, billed=True), attempts=9)
    assert len(provider.requests) == 9
    assert fault_in(result).message == f"{kind.value} (tried 9 times)"


async def test_what_stalled_for_all_its_time_is_tried_once_more() -> None:
    stalled = a_failure(FaultKind.TIMEOUT, billed=True)
    result, provider, _ = await ask(then=stalled, attempts=9)
    assert len(provider.requests) == 2
    assert fault_in(result).message == "timeout (tried 2 times)"


async def test_too_fast_a_pace_uses_up_no_attempt() -> None:
    busy, failed = a_failure(FaultKind.RATE_LIMIT), a_failure()
    result, _, _ = await ask(*[busy] * 50, failed, *[busy] * 50, a_completion(), attempts=2)
    assert result.retries == 101
    result, _, _ = await ask(*[busy] * 50, failed, busy, failed, attempts=2)
    assert fault_in(result).retries == 52


async def test_a_call_that_somebody_else_may_answer_does_not_wait_for_the_pace_for_ever() -> None:
    busy = a_failure(FaultKind.RATE_LIMIT)
    result, _, _ = await ask(then=busy, request=a_request(waits=False), attempts=3)
    assert fault_in(result).message == "rate_limit (tried 3 times)"


async def test_other_failures_beside_a_stall_do_not_use_up_its_second_chance() -> None:
    free, charged = a_failure(), a_failure(FaultKind.TIMEOUT, billed=True)
    result, _, _ = await ask(free, charged, free, a_completion(), attempts=9)
    assert result.retries == 3
    result, _, _ = await ask(free, charged, free, charged, attempts=9)
    assert fault_in(result).retries == 3


# The waits


async def test_the_ceiling_of_the_waits_doubles_up_to_the_longest() -> None:
    clock = Clockwork(random=1.0)
    await ask(clock=clock, then=a_failure(), attempts=7, base_s=0.5, most_s=5.0)
    assert clock.slept == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


@given(random=st.floats(0, 1), attempt=st.integers(1, 19))
async def test_a_wait_is_anything_from_nothing_to_its_ceiling(random: float, attempt: int) -> None:
    clock = Clockwork(random=random)
    await ask(clock=clock, then=a_failure(), attempts=attempt + 1, most_s=3.0)
    assert clock.slept[-1] == random * min(3.0, 0.5 * 2 ** (attempt - 1))


async def test_the_wait_after_a_429_does_not_grow() -> None:
    clock = Clockwork(random=1.0)
    busy = a_failure(FaultKind.RATE_LIMIT)
    await ask(*[busy] * 5, a_completion(), clock=clock, base_s=0.5)
    assert clock.slept == [0.5] * 5, "the throttle decides on that"


async def test_the_deadline_counts_from_the_first_failure_and_all_waits() -> None:
    clock = Clockwork(random=1.0)
    busy = a_failure(FaultKind.RATE_LIMIT)
    result, provider, _ = await ask(clock=clock, then=busy, deadline_s=100.0, base_s=40.0)
    assert provider.times == [0, 30, 60, 90], "no wait is longer than maxWaitS"
    assert fault_in(result).message == "rate_limit (tried 4 times within 100 s)"


async def test_an_attempt_takes_the_deadline_along_to_wherever_it_waits() -> None:
    _, provider, _ = await ask(a_failure(), a_failure(), a_completion(), deadline_s=100.0)
    assert [request.begins_by for request in provider.requests] == [math.inf, 1100.0, 1100.0]
    _, provider, _ = await ask(a_failure(), a_completion(), deadline_s=100.0, run_deadline_s=60.0)
    assert [request.begins_by for request in provider.requests] == [1060.0, 1060.0]


async def test_how_long_a_call_waited_for_its_turn_does_not_count() -> None:
    clock = Clockwork()

    async def late(_: Request) -> Fault:
        await clock.sleep(1000)
        return a_failure()

    result, _, _ = await ask(late, a_completion(), clock=clock, deadline_s=100.0)
    assert result.retries == 1


async def test_after_the_deadline_of_the_run_each_call_is_made_once() -> None:
    clock = Clockwork()
    provider = Provider(clock, then=a_failure())
    retried = Retried(provider, Retry(run_deadline_s=60.0), clock.outside)
    clock.now += 59
    await clock.run(retried.complete(a_request()))
    assert len(provider.requests) == 4
    clock.now += 2
    [result] = await clock.run(retried.complete(a_request()))
    assert len(provider.requests) == 5
    assert fault_in(result).message == "connection (not tried again 60 s after the run began)"


# What it costs


async def test_an_answer_has_the_costs_of_all_attempts_before_it() -> None:
    known = a_failure(FaultKind.TIMEOUT, billed=True, usd=3 * CENT, assumed=True)
    answer = a_completion(cost=Cost(usd=CENT))
    result, _, _ = await ask(a_failure(), known, answer)
    assert result.cost == Cost(usd=4 * CENT, assumed_calls=1)
    assert (result.retries, result.latency_s) == (2, answer.latency_s)


async def test_a_fault_has_the_costs_of_all_attempts_before_it() -> None:
    known = a_failure(FaultKind.TIMEOUT, billed=True, usd=3 * CENT, assumed=True)
    unknown = a_failure(FaultKind.PROVIDER, billed=True)
    result, _, _ = await ask(known, unknown, attempts=2)
    assert fault_in(result).cost == Cost(usd=3 * CENT, assumed_calls=1, unpriced_calls=1)
    assert (fault_in(result).kind, fault_in(result).retries) == (FaultKind.PROVIDER, 1)


async def test_what_a_fault_says_of_attempts_before_it_is_not_forgotten() -> None:
    known = a_failure(FaultKind.TIMEOUT, billed=True, usd=CENT)
    last = a_failure(FaultKind.BAD_REQUEST, earlier=Cost(usd=5 * CENT))
    result, _, _ = await ask(known, last)
    assert fault_in(result).cost == Cost(usd=6 * CENT)


async def test_a_refusal_after_a_charged_attempt_has_its_cost_and_stays_a_refusal() -> None:
    charged = a_failure(FaultKind.TIMEOUT, billed=True, usd=CENT)
    result, _, _ = await ask(charged, a_failure(FaultKind.BUDGET))
    assert (fault_in(result).kind, fault_in(result).cost) == (FaultKind.BUDGET, Cost(usd=CENT))


@pytest.mark.parametrize("final", [True, False])
async def test_a_call_that_was_made_keeps_its_own_fault_when_a_guard_refuses_the_next(
    final: bool,
) -> None:
    charged = a_failure(FaultKind.TIMEOUT, billed=True, usd=CENT)
    refusal = a_failure(FaultKind.BREAKER, message="it is given up", final=final)
    result, _, _ = await ask(charged, refusal)
    fault = fault_in(result)
    assert (fault.kind, fault.final, fault.retries) == (FaultKind.TIMEOUT, final, 0)
    assert (fault.cost, fault.earlier) == (Cost(usd=CENT), Cost())
    assert fault.message == "timeout (not tried again: it is given up)"


# Agents


@pytest.mark.parametrize("kind", [FaultKind.CONNECTION, FaultKind.RATE_LIMIT, FaultKind.PROVIDER])
async def test_an_agent_that_was_not_reached_is_called_again(kind: FaultKind) -> None:
    result, _, _ = await ask(a_failure(kind), a_completion(), request=an_agent_call())
    assert result.retries == 1


@pytest.mark.parametrize(
    "touched", [{"billed": True}, {"usd": Decimal(0)}, {"billed": True, "usd": CENT}]
)
@pytest.mark.parametrize("kind", sorted(MAY_PASS))
async def test_an_agent_that_was_at_work_is_not_called_again(
    kind: FaultKind, touched: dict[str, Any]
) -> None:
    fault = a_failure(kind, **touched)
    result, provider, _ = await ask(fault, request=an_agent_call())
    assert (fault_in(result), len(provider.requests)) == (fault, 1)


# What else


@pytest.mark.parametrize("asleep", [True, False])
async def test_a_cancellation_passes_at_once(asleep: bool) -> None:
    clock = Clockwork(random=1.0)
    held = asyncio.Event()

    async def hold(_: Request) -> Completion:
        await held.wait()
        return a_completion()

    provider = Provider(clock, a_failure(), hold)
    call = asyncio.ensure_future(Retried(provider, Retry(), clock.outside).complete(a_request()))
    await idle()
    if not asleep:
        await clock.until(lambda: len(provider.requests) == 2)
    call.cancel()
    await asyncio.wait([call])
    assert call.cancelled()
    assert len(provider.requests) == (1 if asleep else 2)


@pytest.mark.parametrize("asleep", [True, False])
async def test_a_cancellation_takes_along_what_the_attempts_before_it_cost(asleep: bool) -> None:
    clock = Clockwork(random=1.0)
    held = asyncio.Event()

    async def hold(_: Request) -> Completion:
        try:
            await held.wait()
        except asyncio.CancelledError as error:
            raise CutOffError(Cost(usd=4 * CENT, assumed_calls=1)) from error
        return a_completion()

    first = a_failure(billed=True, usd=CENT, assumed=True)
    provider = Provider(clock, first, hold)
    call = asyncio.ensure_future(Retried(provider, Retry(), clock.outside).complete(a_request()))
    await idle()
    if not asleep:
        await clock.until(lambda: len(provider.requests) == 2)
    call.cancel()
    with pytest.raises(CutOffError) as caught:
        await call
    both = Cost(usd=5 * CENT, assumed_calls=2)
    assert caught.value.cost == (Cost(usd=CENT, assumed_calls=1) if asleep else both)


async def test_a_ledger_that_takes_no_more_takes_along_what_the_attempts_before_cost() -> None:
    async def full(_: Request) -> Completion:
        raise StoreError("no space left", fix="make room")

    first, second = (a_failure(billed=True, usd=each * CENT, assumed=True) for each in (1, 2))
    error, _, _ = await ask(first, second, full)
    assert isinstance(error, StoreError)
    assert (error.message, error.fix) == ("no space left", "make room")
    assert error.cost == Cost(usd=3 * CENT, assumed_calls=2)


async def test_how_often_calls_were_made_again_is_told_once_at_the_end() -> None:
    busy = a_failure(FaultKind.RATE_LIMIT)
    _, provider, clock = await ask(a_failure(), busy, busy, a_completion())
    assert provider.closed == 1
    assert clock.incidents == [("retry", "3 calls were made again (rate limit: 2, connection: 1)")]
    _, _, clock = await ask(busy, a_completion())
    assert clock.incidents == [("retry", "1 call was made again (rate limit: 1)")]
    _, _, clock = await ask(busy, a_failure(FaultKind.BREAKER))
    assert clock.incidents == [], "a guard refused it"
