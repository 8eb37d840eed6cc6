import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from agentops_cli.guards.breaker import CircuitBreaker
from agentops_cli.model.call import Completion, Fault, FaultKind, Request
from agentops_cli.model.money import Cost
from agentops_cli.model.settings import Breaker
from tests.builders import MINI, SONNET, a_completion, a_request
from tests.guards.clockwork import Clockwork, Provider, Reply, a_failure, fault_in, idle

FAILURES = {
    FaultKind.AUTH,
    FaultKind.CONNECTION,
    FaultKind.MALFORMED,
    FaultKind.PROVIDER,
    FaultKind.TIMEOUT,
}
NEVER_BY_RATE = 10_000


class Watched:
    """A breaker in front of a provider, and how calls through it go."""

    def __init__(self, *replies: Reply, then: Reply | None = None, **settings: Any) -> None:
        self.clock = Clockwork()
        self.provider = Provider(self.clock, *replies, then=then)
        self.breaker = CircuitBreaker(
            self.provider,
            replace(Breaker(consecutive_failures=3, min_calls=NEVER_BY_RATE), **settings),
            self.clock.outside,
            place_of=lambda model: model.partition("/")[0],
        )

    async def ask(self, *models: str) -> list[Any]:
        """What comes of calls that are begun at once; time goes on as far as they need."""
        calls = [self.breaker.complete(a_request(model=model)) for model in models]
        return await self.clock.run(*calls)

    async def fail(self, times: int) -> None:
        """So many calls, one after the other, of which each is to give nothing."""
        for _ in range(times):
            [result] = await self.ask(MINI)
            assert isinstance(result, Exception)

    @property
    def calls(self) -> int:
        return len(self.provider.requests)

    @property
    def told(self) -> list[str]:
        assert all(guard == "breaker" for guard, _ in self.clock.incidents)
        return [message for _, message in self.clock.incidents]


# Opening


async def test_too_many_failures_in_a_row_hold_calls_back_until_one_is_answered() -> None:
    watched = Watched(*[a_failure()] * 3, then=a_completion())
    await watched.fail(3)
    assert watched.clock.now == 1000
    results = await watched.ask(*[MINI] * 4)
    assert all(isinstance(result, Completion) for result in results)
    assert watched.provider.times == [0, 0, 0, 30, 30, 30, 30]
    assert watched.told == [
        "openai: calls are held back: 3 calls in a row failed, the last one: connection",
        "openai: calls are let through again after 30 s",
    ]
    assert watched.clock.waits == ["openai: waiting 30 s (connection)"]


async def test_an_answer_in_between_begins_the_count_anew() -> None:
    failed = a_failure()
    watched = Watched(failed, failed, a_completion(), failed, failed, then=a_completion())
    for _ in range(7):
        await watched.ask(MINI)
    assert watched.told == []


@pytest.mark.parametrize("kind", FaultKind)
async def test_what_is_a_failure_of_a_provider_opens_and_nothing_else(kind: FaultKind) -> None:
    watched = Watched(a_completion(), then=a_failure(kind))
    await watched.ask(MINI)
    await watched.fail(3)
    held = [told for told in watched.told if told.startswith("openai: calls are held back")]
    assert bool(held) is (kind in FAILURES)


async def test_a_quota_that_runs_out_is_a_failure_and_a_pace_that_is_too_fast_is_none() -> None:
    for final in (True, False):
        watched = Watched(a_completion(), then=a_failure(FaultKind.RATE_LIMIT, final=final))
        await watched.ask(MINI)
        await watched.fail(3)
        held = [told for told in watched.told if told.startswith("openai: calls are held back")]
        assert bool(held) is final


async def test_a_refused_request_is_a_sign_of_life() -> None:
    down, refused = a_failure(), a_failure(FaultKind.BAD_REQUEST)
    watched = Watched(down, down, refused, down, down)
    await watched.fail(5)
    assert watched.told == []


async def test_a_share_of_failures_opens_once_there_are_enough_calls() -> None:
    watched = Watched(consecutive_failures=100, min_calls=10, failure_rate=0.5, then=a_failure())
    watched.provider._replies = [a_completion(), a_failure()] * 5
    for _ in range(9):
        await watched.ask(MINI)
    assert watched.told == []
    await watched.ask(MINI)
    assert watched.told[0].startswith("openai: calls are held back: 5 of the last 10 calls failed")


async def test_a_breaker_that_has_closed_begins_its_counts_anew() -> None:
    rate = {"consecutive_failures": 100, "min_calls": 4, "failure_rate": 0.5, "window_s": 1000.0}
    answer, failed = a_completion(), a_failure()
    watched = Watched(answer, answer, failed, failed, answer, failed, then=answer, **rate)
    for _ in range(8):
        await watched.ask(MINI)
    assert len(watched.told) == 2, "opened and closed once"


async def test_failures_of_long_ago_are_forgotten() -> None:
    watched = Watched(consecutive_failures=100, min_calls=10, window_s=60, then=a_failure())
    await watched.fail(9)
    watched.clock.now += 61
    await watched.fail(9)
    assert watched.told == []
    await watched.fail(1)
    assert watched.told


async def test_a_place_takes_all_its_models_with_it_and_no_others() -> None:
    watched = Watched(then=a_failure())
    await watched.fail(3)
    watched.provider._then = a_completion()
    [first] = await watched.ask(SONNET)
    assert isinstance(first, Completion)
    assert watched.clock.now == 1000
    await watched.ask("openai/gpt-4o")
    assert watched.clock.now == 1030


async def test_calls_that_were_under_way_when_it_opened_change_nothing() -> None:
    watched = Watched(*[a_failure()] * 3, then=a_completion())
    slow = asyncio.Event()

    async def fail_late(_: Request) -> Fault:
        await slow.wait()
        return a_failure()

    watched.provider._replies[:0] = [fail_late] * 3
    late = [asyncio.ensure_future(watched.breaker.complete(a_request())) for _ in range(3)]
    await idle()
    await watched.fail(3)
    await watched.ask(MINI)
    assert watched.clock.now == 1030, "it has opened and closed"
    slow.set()
    await asyncio.wait(late)
    assert len(watched.told) == 2
    await watched.ask(MINI)
    assert watched.clock.now == 1030


async def test_errors_that_come_faster_than_answers_are_no_row_of_failures() -> None:
    for enough in ({"min_calls": NEVER_BY_RATE}, {"consecutive_failures": 100, "min_calls": 5}):
        watched = Watched(then=a_completion(), **enough)
        answer = asyncio.Event()

        async def answer_late(_: Request, answer: asyncio.Event = answer) -> Completion:
            await answer.wait()
            return a_completion()

        watched.provider._replies[:] = [*[answer_late] * 20, *[a_failure()] * 19, a_completion()]
        slow = [asyncio.ensure_future(watched.breaker.complete(a_request())) for _ in range(20)]
        await idle()
        await watched.fail(19)
        assert watched.told == [], "so many are under way that it may be a share of them"
        answer.set()
        await asyncio.gather(*slow)
        assert watched.told == []


async def test_as_many_failures_as_calls_under_way_are_a_row() -> None:
    watched = Watched(then=a_failure())
    forever = asyncio.Event()

    async def hang(_: Request) -> Completion:
        await forever.wait()
        return a_completion()

    watched.provider._replies[:] = [hang] * 6
    hanging = [asyncio.ensure_future(watched.breaker.complete(a_request())) for _ in range(6)]
    await idle()
    await watched.fail(5)
    assert watched.told == []
    await watched.fail(1)
    assert len(watched.told) == 1
    forever.set()
    await asyncio.gather(*hanging)


async def test_calls_from_before_the_last_answer_are_no_part_of_a_row() -> None:
    watched = Watched(*[a_completion()], then=a_failure())
    held = asyncio.Event()

    async def hold(_: Request) -> Fault:
        await held.wait()
        return a_failure()

    watched.provider._replies[:0] = [hold] * 50
    before = [asyncio.ensure_future(watched.breaker.complete(a_request())) for _ in range(50)]
    await idle()
    await watched.ask(MINI)
    held.set()
    await asyncio.wait(before)
    await watched.fail(2)
    assert watched.told == [], "they had begun before it"
    await watched.fail(1)
    assert watched.told
    assert "3 calls in a row failed" in watched.told[0]


async def test_what_hangs_from_before_the_last_answer_makes_a_row_no_longer() -> None:
    watched = Watched(*[a_completion()], then=a_failure())
    forever = asyncio.Event()

    async def hang(_: Request) -> Completion:
        await forever.wait()
        return a_completion()

    watched.provider._replies[:0] = [hang] * 50
    before = [asyncio.ensure_future(watched.breaker.complete(a_request())) for _ in range(50)]
    await idle()
    await watched.ask(MINI)
    await watched.fail(3)
    assert len(watched.told) == 1
    forever.set()
    await asyncio.gather(*before)


async def test_a_call_that_would_begin_too_late_does_not_wait() -> None:
    watched = Watched(then=a_failure())
    await watched.fail(3)
    [result] = await watched.clock.run(watched.breaker.complete(a_request(begins_by=1029.0)))
    assert (fault_in(result).kind, fault_in(result).final) == (FaultKind.BREAKER, False)
    assert (
        fault_in(result).message
        == "openai: no time is left to wait (it is held back after failures)"
    )
    assert (watched.calls, watched.clock.now) == (3, 1000)


async def test_a_call_waits_for_a_probe_until_its_own_moment_and_no_longer() -> None:
    watched = Watched(*[a_failure()] * 3, then=a_completion())
    await watched.fail(3)

    async def slow(_: Request) -> Completion:
        await watched.clock.sleep(100)
        return a_completion()

    watched.provider._replies = [slow]
    probe, waiting = (
        asyncio.ensure_future(watched.breaker.complete(a_request(begins_by=by)))
        for by in (1030.0, 1040.0)
    )
    await watched.clock.until(waiting.done)
    assert watched.clock.now == 1040
    assert fault_in(waiting.exception()).kind is FaultKind.BREAKER
    await watched.clock.until(probe.done)
    assert isinstance(probe.result(), Completion)


# Half open


async def test_one_call_is_let_through_while_the_others_wait_for_what_comes_of_it() -> None:
    watched = Watched(*[a_failure()] * 3, then=a_completion())
    await watched.fail(3)
    held = asyncio.Event()

    async def hold(_: Request) -> Completion:
        await held.wait()
        return a_completion()

    watched.provider._replies = [hold]
    calls = [asyncio.ensure_future(watched.breaker.complete(a_request())) for _ in range(5)]
    await watched.clock.until(lambda: watched.calls == 4)
    await idle()
    assert (watched.calls, watched.provider.active) == (4, 1)
    held.set()
    await asyncio.wait(calls)
    assert watched.calls == 8


async def test_a_probe_that_fails_begins_another_cool_down() -> None:
    watched = Watched(a_completion(), *[a_failure()] * 4, then=a_completion())
    await watched.ask(MINI)
    await watched.fail(3)
    results = await watched.ask(MINI, MINI)
    assert [type(result) for result in results].count(Completion) == 1
    assert watched.provider.times == [0, 0, 0, 0, 30, 60]


async def test_after_enough_failed_probes_every_call_is_refused_at_once() -> None:
    watched = Watched(a_completion(), then=a_failure(message="no route"), probes=2)
    await watched.ask(MINI)
    await watched.fail(3)
    results = await watched.ask(*[MINI] * 5)
    kinds = [fault_in(result).kind for result in results]
    assert (kinds.count(FaultKind.CONNECTION), kinds.count(FaultKind.BREAKER)) == (2, 3)
    assert (watched.provider.times[4:], watched.clock.now) == ([30, 60], 1060)
    [result] = await watched.ask(MINI)
    fault = fault_in(result)
    assert (fault.kind, fault.final, fault.billed) == (FaultKind.BREAKER, True, False)
    assert fault.message == "openai is given up: 2 calls to see whether it is back failed: no route"
    assert (watched.calls, watched.clock.now) == (6, 1060)
    assert watched.told[-1] == (
        "openai: given up: 2 calls to see whether it is back failed, the last one: no route"
    )


async def test_a_place_that_has_never_answered_is_probed_once() -> None:
    watched = Watched(then=a_failure(), probes=3)
    await watched.fail(3)
    results = await watched.ask(MINI, MINI)
    assert {fault_in(result).kind for result in results} == {
        FaultKind.CONNECTION,
        FaultKind.BREAKER,
    }
    assert (watched.calls, watched.clock.now) == (4, 1030)


async def test_only_probes_in_a_row_are_counted() -> None:
    failed, answer = [a_failure()] * 4, a_completion()
    watched = Watched(answer, *failed, answer, *failed, then=answer, probes=2)
    await watched.ask(MINI)
    await watched.fail(3)
    await watched.ask(MINI, MINI)
    await watched.fail(3)
    results = await watched.ask(MINI, MINI)
    assert [type(result) for result in results].count(Completion) == 1


@pytest.mark.parametrize("kind", [FaultKind.BUDGET, FaultKind.BREAKER])
async def test_a_probe_that_was_no_call_leaves_its_place_to_another(kind: FaultKind) -> None:
    watched = Watched(*[a_failure()] * 3, a_failure(kind), then=a_completion(), probes=1)
    await watched.fail(3)
    results = await watched.ask(MINI, MINI)
    assert [type(result) for result in results].count(Completion) == 1
    assert watched.clock.now == 1030
    watched = Watched(*[a_failure()] * 3, a_failure(kind), then=a_failure())
    await watched.fail(3)
    await watched.ask(MINI, MINI)
    assert watched.told[-1].startswith("openai: given up: 1 call"), "the other one was the probe"


async def test_a_probe_that_is_cancelled_leaves_its_place_to_another() -> None:
    watched = Watched(*[a_failure()] * 3, then=a_completion(), probes=1)
    await watched.fail(3)
    never = asyncio.Event()

    async def hang(_: Request) -> Completion:
        await never.wait()
        return a_completion()

    watched.provider._replies = [hang]
    probe = asyncio.ensure_future(watched.breaker.complete(a_request()))
    other = asyncio.ensure_future(watched.breaker.complete(a_request()))
    await watched.clock.until(lambda: watched.calls == 4)
    probe.cancel()
    assert isinstance(await other, Completion)


async def test_a_call_that_waits_can_be_cancelled() -> None:
    watched = Watched(then=a_failure())
    await watched.fail(3)
    call = asyncio.ensure_future(watched.breaker.complete(a_request()))
    await idle()
    call.cancel()
    await asyncio.wait([call])
    assert call.cancelled()


# Keys and quotas


@pytest.mark.parametrize(
    "refusal",
    [
        a_failure(FaultKind.AUTH, message="bad key"),
        a_failure(FaultKind.RATE_LIMIT, message="no credit", final=True),
    ],
    ids=lambda fault: fault.kind.value,
)
async def test_a_model_that_never_answered_is_given_up_after_as_many_refusals(
    refusal: Fault,
) -> None:
    watched = Watched(then=refusal)
    await watched.fail(4)
    assert (watched.calls, watched.clock.now) == (3, 1000)
    [result] = await watched.ask(MINI)
    fault = fault_in(result)
    assert (fault.kind, fault.final) == (refusal.kind, True), "it is unreachable, not stopped"
    why = "not asked again after 3 of these and no answer"
    assert fault.message == f"{refusal.message} ({why})"
    assert watched.told == [f"{MINI} is given up: {refusal.message}"]
    watched.provider._then = a_completion()
    [other] = await watched.ask("openai/gpt-4o")
    assert isinstance(other, Completion), "it may have another key"


async def test_whoever_waited_for_the_place_hears_that_the_model_was_given_up_meanwhile() -> None:
    forbidden = a_failure(FaultKind.AUTH, message="bad key")
    watched = Watched(*[a_failure()] * 3, then=forbidden)
    await watched.ask(*["openai/gpt-4o"] * 3)
    results = await watched.ask(*[MINI] * 40)
    assert {fault_in(result).kind for result in results} == {FaultKind.AUTH}
    assert watched.calls == 3 + 3
    watched.provider._then = a_completion()
    [other] = await watched.ask("openai/gpt-4o")
    assert isinstance(other, Completion), "nobody holds the place of the probe"


async def test_a_single_refusal_gives_nothing_up() -> None:
    forbidden = a_failure(FaultKind.AUTH)
    watched = Watched(forbidden, forbidden, a_completion(), forbidden, forbidden, a_completion())
    for _ in range(6):
        await watched.ask(MINI)
    assert watched.told == []


async def test_a_refusal_that_is_repeated_costs_nothing() -> None:
    charged = a_failure(FaultKind.AUTH, billed=True, usd=Decimal(1))
    watched = Watched(then=charged)
    await watched.fail(3)
    [result] = await watched.ask(MINI)
    assert fault_in(result).cost == Cost()


async def test_it_closes_what_stands_behind_it() -> None:
    watched = Watched()
    await watched.breaker.close()
    assert watched.provider.closed == 1
