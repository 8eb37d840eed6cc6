import asyncio
import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops_cli.guards.throttle import Throttled
from agentops_cli.model.call import Completion, Fault, FaultKind, RateLimits, Request
from agentops_cli.model.money import Usage
from agentops_cli.model.prompt import Message
from agentops_cli.model.settings import ModelSettings, Retry
from tests.builders import MINI, SONNET, a_completion, a_request
from tests.guards.clockwork import Clockwork, Provider, Reply, a_failure, fault_in, idle

BUSY = a_failure(FaultKind.RATE_LIMIT)
NO_PAUSE = Retry(base_s=0.0)


class Paced:
    """A throttle in front of a provider that takes its time, and how calls through it go."""

    def __init__(
        self,
        *replies: Reply,
        then: Reply | None = None,
        takes_s: float = 1.0,
        concurrency: int = 8,
        retry: Retry = NO_PAUSE,
        random: float = 1.0,
        **limits: int,
    ) -> None:
        self.clock = Clockwork(random=random)
        self.provider = Provider(self.clock, *replies, then=then or a_completion(), takes_s=takes_s)
        self.throttle = Throttled(
            self.provider,
            self.clock.outside,
            models={MINI: ModelSettings(**limits)} if limits else {},  # type: ignore[arg-type] # rpm and tpm only.
            concurrency=concurrency,
            retry=retry,
        )

    async def ask(self, number: int, **request: Any) -> list[Any]:
        """What comes of so many calls that are begun at once."""
        calls = [self.throttle.complete(a_request(**request)) for _ in range(number)]
        return await self.clock.run(*calls)


def with_left(requests: int, resets_s: float = 60.0, **changes: Any) -> Completion:
    limits = RateLimits(remaining_requests=requests, resets_requests_s=resets_s)
    return a_completion(limits=limits, **changes)


# How many at once


async def test_no_more_calls_are_under_way_than_may_be() -> None:
    paced = Paced(concurrency=3)
    results = await paced.ask(10)
    assert all(isinstance(result, Completion) for result in results)
    assert paced.provider.most_active == 3
    assert paced.clock.now == 1004


async def test_each_model_has_a_lane_of_its_own() -> None:
    paced = Paced(concurrency=2)
    calls = [paced.throttle.complete(a_request(model=m)) for m in (MINI, SONNET) for _ in range(2)]
    await paced.clock.run(*calls)
    assert paced.provider.most_active == 4


async def test_too_fast_a_pace_is_halved_once_for_all_calls_of_one_moment() -> None:
    paced = Paced(*[BUSY] * 8)
    await paced.ask(8)
    await paced.ask(16)
    assert paced.provider.times[8:] == [1] * 4 + [2] * 5 + [3] * 6 + [4]
    await paced.throttle.close()
    assert paced.clock.incidents == [
        ("throttle", f"{MINI} asked for a slower pace 8 times; at the least 4 calls at once")
    ]


async def test_it_goes_down_to_one_call_and_grows_back_to_what_may_be_and_no_further() -> None:
    paced = Paced(*[BUSY] * 3, concurrency=4)
    for _ in range(3):
        await paced.ask(1)
    await paced.ask(1 + 2 + 3 + 4 + 8)
    begun = [paced.provider.times[3:].count(moment) for moment in range(3, 9)]
    assert begun == [1, 2, 3, 4, 4, 4]


async def test_half_is_of_the_calls_that_were_too_many() -> None:
    paced = Paced(*[BUSY] * 2, concurrency=100)
    await paced.ask(2)
    await paced.ask(2)
    assert paced.provider.times[2:] == [1, 2]


async def test_a_quota_that_is_gone_says_nothing_of_the_pace() -> None:
    paced = Paced(a_failure(FaultKind.RATE_LIMIT, final=True), concurrency=2)
    await paced.ask(1)
    await paced.ask(2)
    assert paced.provider.times[1:] == [1, 1]
    await paced.throttle.close()
    assert paced.clock.incidents == []


async def test_calls_begin_in_the_order_in_which_they_came() -> None:
    paced = Paced(concurrency=1)
    calls = [paced.throttle.complete(a_request(repeat=number)) for number in range(6)]
    await paced.clock.run(*calls)
    assert [request.repeat for request in paced.provider.requests] == list(range(6))


async def test_whoever_has_just_had_an_answer_queues_up_again() -> None:
    paced = Paced(concurrency=1)

    async def call(*repeats: int) -> None:
        for repeat in repeats:
            await paced.throttle.complete(a_request(repeat=repeat))

    await paced.clock.run(call(0, 2, 4), call(1, 3, 5))
    assert [request.repeat for request in paced.provider.requests] == list(range(6))


async def test_a_call_that_is_cancelled_gives_its_place_to_the_next() -> None:
    paced = Paced(concurrency=1)
    first, second, third = (
        asyncio.ensure_future(paced.throttle.complete(a_request())) for _ in range(3)
    )
    await idle()
    second.cancel()
    first.cancel()
    await paced.clock.until(third.done)
    assert isinstance(third.result(), Completion)


# What the provider asks for


@pytest.mark.parametrize("kind", [FaultKind.RATE_LIMIT, FaultKind.PROVIDER])
async def test_a_provider_that_asks_for_it_is_left_alone_by_all_calls(kind: FaultKind) -> None:
    paced = Paced(a_failure(kind, retry_after_s=12.0))
    await paced.ask(1)
    await paced.ask(3)
    assert set(paced.provider.times[1:]) <= {13, 14}
    assert min(paced.provider.times[1:]) == 13
    assert paced.clock.waits == [f"{MINI}: waiting 12 s (as it asks)"]


async def test_the_longer_of_two_waits_that_it_asks_for_holds() -> None:
    paced = Paced(*(a_failure(FaultKind.PROVIDER, retry_after_s=s) for s in (30.0, 2.0)))
    await paced.ask(2)
    await paced.ask(1)
    assert paced.provider.times[2] == 31


@pytest.mark.parametrize("asked_s", [301.0, 86_400.0, 1e308])
async def test_a_wait_beyond_the_deadline_is_not_believed_and_that_is_told_once(
    asked_s: float,
) -> None:
    paced = Paced(*[a_failure(FaultKind.RATE_LIMIT, retry_after_s=asked_s)] * 2, retry=Retry())
    await paced.ask(2)
    await paced.ask(1)
    assert paced.provider.times[2] == 1.5, "after its own pause"
    [(guard, said)] = paced.clock.incidents
    assert guard == "throttle"
    assert said.startswith(f"{MINI} asks to be left alone for {asked_s:g} s: longer than")
    assert said.endswith("retry.deadlineS (300), not believed")


# A pause after a 429


@pytest.mark.parametrize(("random", "half"), [(0.0, 0.5), (1.0, 1.0)])
async def test_no_call_begins_for_a_while_that_doubles_until_there_is_an_answer(
    random: float, half: float
) -> None:
    retry = Retry(base_s=1.0, most_s=4.0)
    paced = Paced(*[BUSY] * 4, a_completion(), BUSY, takes_s=0.0, retry=retry, random=random)
    for _ in range(7):
        await paced.ask(1)
    pauses = [b - a for a, b in pairwise(paced.provider.times)]
    assert pauses == [1.0 * half, 2.0 * half, 4.0 * half, 4.0 * half, 0.0, 1.0 * half]


async def test_the_429s_of_one_moment_are_one_pause_for_all_calls() -> None:
    paced = Paced(*[BUSY] * 8, retry=Retry(base_s=4.0))
    await paced.ask(8)
    await paced.ask(4)
    assert paced.provider.times[8:] == [5.0] * 4
    assert paced.clock.waits == [f"{MINI}: waiting 4 s (after a 429)"]


async def test_an_answer_to_a_call_from_before_the_pause_does_not_shorten_the_next() -> None:
    paced = Paced(takes_s=0.0, retry=Retry(base_s=1.0))

    async def late(_: Request) -> Completion:
        await paced.clock.sleep(0.5)
        return a_completion()

    paced.provider._replies = [late, BUSY, BUSY, a_completion()]
    await paced.ask(2)
    await paced.ask(1)
    await paced.ask(1)
    assert paced.provider.times == [0.0, 0.0, 1.0, 3.0]


async def test_a_model_that_says_nothing_but_429_for_so_long_is_given_up() -> None:
    paced = Paced(then=BUSY, takes_s=0.0, concurrency=4, retry=Retry(deadline_s=60.0))
    while paced.throttle._lanes == {} or paced.throttle._lanes[MINI].given_up is None:
        await paced.ask(4)
    assert 60 < paced.clock.now - 1000 < 120
    asked = len(paced.provider.requests)
    refused = [fault_in(result) for result in await paced.ask(9)]
    assert len(paced.provider.requests) == asked, "nobody is asked any more"
    assert {(fault.kind, fault.final) for fault in refused} == {(FaultKind.BREAKER, True)}
    assert refused[0].message.startswith(f"{MINI} is given up: nothing but 429 for ")
    assert [message for _, message in paced.clock.incidents] == [refused[0].message]


@pytest.mark.parametrize(
    ("deadline_s", "first", "at_least", "at_most"),
    [
        (300.0, BUSY, 60, 120),
        (30.0, BUSY, 30, 60),
        (300.0, a_completion(), 300, 400),
        (300.0, a_failure(FaultKind.BAD_REQUEST), 300, 400),
    ],
    ids=["not once answered", "with less patience", "answered before", "replied to before"],
)
async def test_a_model_that_has_never_replied_otherwise_gets_a_minute(
    deadline_s: float, first: Reply, at_least: int, at_most: int
) -> None:
    retry = Retry(deadline_s=deadline_s)
    paced = Paced(first, then=BUSY, takes_s=0.0, concurrency=4, retry=retry)
    await paced.ask(1)
    while paced.throttle._lanes[MINI].given_up is None:
        await paced.ask(4)
    assert at_least < paced.clock.now - 1000 < at_most


@pytest.mark.parametrize("sign", [a_completion(), a_failure(FaultKind.BAD_REQUEST)])
async def test_any_other_reply_shows_that_waiting_helps(sign: Completion | Fault) -> None:
    paced = Paced(takes_s=0.0, concurrency=1, retry=Retry(deadline_s=60.0))
    for _ in range(9):
        paced.provider._replies = [BUSY, BUSY, BUSY, sign]
        await paced.ask(1)
        await paced.ask(1)
        await paced.ask(1)
        paced.clock.now += 50
        await paced.ask(1)
    assert paced.throttle._lanes[MINI].given_up is None


# No longer than a call may wait


@pytest.mark.parametrize(
    ("first", "limits"),
    [
        (a_failure(FaultKind.RATE_LIMIT, retry_after_s=60.0), {}),
        (with_left(0, resets_s=60.0), {}),
        (a_completion(), {"rpm": 1}),
        (a_completion(usage=Usage(input_tokens=100)), {"tpm": 100}),
    ],
    ids=["as it asks", "its limit is reached", "rpm", "tpm"],
)
async def test_a_call_that_would_begin_too_late_is_refused_at_once(
    first: Reply, limits: dict[str, Any]
) -> None:
    paced = Paced(first, takes_s=0.0, **limits)
    await paced.ask(1)
    [result] = await paced.ask(1, begins_by=1059.0)
    fault = fault_in(result)
    assert (fault.kind, fault.final, fault.billed) == (FaultKind.BREAKER, False, False)
    assert fault.message.startswith(f"{MINI}: no time is left to wait (")
    assert paced.clock.now == 1000
    [result] = await paced.ask(1, begins_by=1061.0)
    assert isinstance(result, Completion)


async def test_a_call_is_refused_at_its_moment_wherever_in_line_it_stands() -> None:
    paced = Paced(takes_s=100.0, concurrency=1)
    calls = [
        asyncio.ensure_future(paced.throttle.complete(a_request(begins_by=by)))
        for by in (math.inf, 1020.0, math.inf, 1010.0)
    ]
    await paced.clock.until(calls[3].done)
    assert paced.clock.now == 1010
    await paced.clock.until(calls[1].done)
    assert paced.clock.now == 1020
    await paced.clock.until(calls[2].done)
    assert paced.provider.times == [0, 100]
    for refused in (calls[1], calls[3]):
        assert fault_in(refused.exception()).kind is FaultKind.BREAKER


async def test_a_call_that_need_not_wait_is_made_however_late_it_is() -> None:
    paced = Paced()
    [result] = await paced.ask(1, begins_by=0.0)
    assert isinstance(result, Completion)


async def test_no_more_calls_begin_than_the_provider_has_left() -> None:
    paced = Paced(with_left(3), then=with_left(100))
    await paced.ask(1)
    await paced.ask(6)
    assert paced.provider.times == [0, 1, 1, 1, 2, 2, 2]


async def test_calls_that_are_under_way_may_not_be_counted_in_what_is_left_yet() -> None:
    paced = Paced(takes_s=0.0)

    async def slow(_: Request) -> Completion:
        await paced.clock.sleep(50)
        return with_left(100)

    paced.provider._replies = [slow, slow, with_left(3)]
    calls = [paced.throttle.complete(a_request()) for _ in range(2)]
    under_way = [asyncio.ensure_future(call) for call in calls]
    await idle()
    await paced.ask(1)
    paced.provider._then = slow
    later = asyncio.ensure_future(paced.ask(3))
    await idle()
    assert paced.provider.active == 3, "one of the three that are left, two may be taken already"
    await paced.clock.until(later.done)
    await asyncio.gather(*under_way)


async def test_nothing_left_is_waited_for_until_it_is_there_again() -> None:
    paced = Paced(with_left(0, resets_s=20.0), then=with_left(100))
    await paced.ask(1)
    await paced.ask(2)
    assert paced.provider.times == [0, 21, 22], "the first that comes back tells how much there is"
    assert paced.clock.waits == [f"{MINI}: waiting 20 s (its limit is reached)"]


async def test_a_limit_a_day_is_tried_after_a_minute() -> None:
    paced = Paced(with_left(0, resets_s=86_400.0), then=with_left(100), retry=Retry(deadline_s=5.0))
    await paced.ask(1)
    await paced.ask(1)
    assert paced.provider.times == [0, 61]


async def test_tokens_that_are_left_are_counted_in_calls_of_the_largest_so_far() -> None:
    limits = RateLimits(remaining_tokens=250, resets_tokens_s=30.0)
    usage = Usage(input_tokens=60, output_tokens=40)
    plenty = a_completion(limits=RateLimits(remaining_tokens=10_000, resets_tokens_s=1.0))
    paced = Paced(a_completion(usage=usage, limits=limits), then=plenty)
    await paced.ask(1)
    await paced.ask(4)
    assert paced.provider.times == [0, 1, 1, 2, 2]


@pytest.mark.parametrize("resets_s", [None, 0.0])
async def test_a_figure_that_says_not_when_it_is_full_again_is_not_believed(
    resets_s: float | None,
) -> None:
    limits = RateLimits(remaining_requests=0, resets_requests_s=resets_s, remaining_tokens=0)
    paced = Paced(then=a_completion(limits=limits))
    results = [*await paced.ask(1), *await paced.ask(8)]
    assert all(isinstance(result, Completion) for result in results)
    assert paced.provider.times == [0] + [1] * 8


async def test_what_a_refusal_says_of_limits_counts_too() -> None:
    limits = RateLimits(remaining_requests=0, resets_requests_s=20.0)
    paced = Paced(a_failure(FaultKind.RATE_LIMIT, limits=limits))
    await paced.ask(1)
    await paced.ask(1)
    assert paced.provider.times == [0, 21]


# Requests and tokens a minute


async def test_no_minute_sees_more_requests_than_the_settings_allow() -> None:
    paced = Paced(rpm=3)
    await paced.ask(7)
    assert paced.provider.times == [0, 0, 0, 61, 61, 61, 122]
    assert paced.clock.waits[0] == f"{MINI}: waiting 61 s (rpm is 3)"


@settings(max_examples=30, deadline=None)
@given(
    rpm=st.integers(1, 5),
    pauses=st.lists(st.integers(0, 40), min_size=1, max_size=15),
)
async def test_however_calls_come_no_window_of_a_minute_holds_more(
    rpm: int, pauses: list[int]
) -> None:
    paced = Paced(rpm=rpm, takes_s=0.0)
    for pause in pauses:
        paced.clock.now += pause
        await paced.ask(2)
    times = paced.provider.times
    assert len(times) == 2 * len(pauses)
    for start in times:
        assert sum(start <= moment < start + 60 for moment in times) <= rpm


def words(tokens: int) -> dict[str, Any]:
    """A request that is likely to use so many tokens, all of them its answer's."""
    return {"max_tokens": tokens, "messages": (Message(role="user", content=""),)}


async def test_no_minute_sees_more_tokens_than_the_settings_allow() -> None:
    paced = Paced(tpm=1000, then=a_completion(usage=Usage(input_tokens=100, output_tokens=300)))
    await paced.ask(5, **words(400))
    assert paced.provider.times == [0, 0, 61, 61, 122]


async def test_tokens_that_were_not_used_are_given_back_as_soon_as_that_is_known() -> None:
    paced = Paced(tpm=1000, then=a_completion(usage=Usage(input_tokens=10, output_tokens=10)))
    await paced.ask(5, **words(400))
    assert paced.provider.times == [0, 0, 1, 1, 2]


async def test_tokens_that_were_used_beyond_what_was_likely_are_counted() -> None:
    paced = Paced(tpm=1000, then=a_completion(usage=Usage(input_tokens=900, output_tokens=400)))
    await paced.ask(1, **words(10))
    await paced.ask(1, **words(10))
    assert paced.provider.times == [0, 61]


async def test_a_call_that_was_refused_used_no_tokens_and_one_that_broke_off_all() -> None:
    for billed, second in ((False, 1), (True, 61)):
        failed = a_failure(FaultKind.PROVIDER, billed=billed)
        paced = Paced(failed, tpm=1000)
        await paced.ask(1, **words(900))
        await paced.ask(1, **words(900))
        assert paced.provider.times == [0, second]


async def test_a_call_that_ends_after_its_minute_is_over_changes_nothing() -> None:
    paced = Paced(tpm=1000, takes_s=0.0)

    async def slow(_: Request) -> Completion:
        await paced.clock.sleep(70)
        return a_completion(usage=Usage(input_tokens=1))

    paced.provider._replies = [slow]
    paced.provider._then = a_failure(FaultKind.PROVIDER, billed=True)
    hung = asyncio.ensure_future(paced.throttle.complete(a_request(**words(900))))
    await idle()
    await paced.ask(1, **words(900))
    await paced.clock.until(hung.done)
    await paced.ask(1, **words(900))
    assert paced.provider.times == [0, 61, 122]


async def test_a_call_that_is_larger_than_a_minute_is_made_alone() -> None:
    paced = Paced(tpm=100, takes_s=0.0)
    await paced.ask(2, **words(5000))
    assert paced.provider.times[0] == 0
    assert len(paced.provider.times) == 2


async def test_a_call_that_hangs_does_not_hold_back_what_time_allows() -> None:
    paced = Paced(tpm=1000, takes_s=0.0)
    never = asyncio.Event()

    async def hang(_: Request) -> Completion:
        await never.wait()
        return a_completion()

    paced.provider._replies = [hang]
    hung = asyncio.ensure_future(paced.throttle.complete(a_request(**words(900))))
    await idle()
    [result] = await paced.ask(1, **words(900))
    assert isinstance(result, Completion)
    assert paced.provider.times == [0, 61]
    hung.cancel()


async def test_it_closes_what_stands_behind_it() -> None:
    paced = Paced()
    await paced.throttle.close()
    assert paced.provider.closed == 1
