import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.scripted import Scripted
from agentops_cli.guards.cache import Cached
from agentops_cli.model.call import (
    AgentInput,
    Completion,
    Fault,
    FaultKind,
    Finish,
    Purpose,
    Request,
)
from agentops_cli.model.embedding import EMBEDDING_MODEL
from agentops_cli.model.money import Cost
from agentops_cli.model.prompt import Message
from tests.builders import a_completion, a_fault, a_request, a_tool_call


class Kept:
    """A cache in memory, with the questions that another process is asking."""

    def __init__(self, *, elsewhere: tuple[str, ...] = ()) -> None:
        self.answers: dict[str, Completion] = {}
        self.asked: dict[str, Request] = {}
        self.elsewhere = set(elsewhere)
        self.claimed: set[str] = set()
        self.closed = False

    def get(self, key: str) -> Completion | None:
        return self.answers.get(key)

    def put(self, key: str, completion: Completion, request: Request) -> None:
        self.answers[key] = completion
        self.asked[key] = request

    def claim(self, key: str) -> bool:
        if key in self.elsewhere:
            return False
        self.claimed.add(key)
        return True

    def release(self, key: str) -> None:
        self.claimed.discard(key)

    def close(self) -> None:
        self.closed = True


def asked(text: str = "Is it good?", **changes: Any) -> Request:
    """A question to a model."""
    return a_request(messages=(Message(role="user", content=text),), **changes)


def cached(inner: Scripted, kept: Kept | None = None, **others: Any) -> Cached:
    return Cached(inner, kept or Kept(), **others)


async def test_the_same_question_is_paid_for_once() -> None:
    inner = Scripted(a_completion("yes"))
    gateway = cached(inner)
    first = await gateway.complete(asked())
    second = await gateway.complete(asked())
    assert inner.calls == 1
    assert (first.cached, first.cost.usd) == (False, Decimal("0.0000384"))
    assert (second.text, second.cached, second.cost) == ("yes", True, Cost())


async def test_another_question_another_model_and_another_vote_are_asked() -> None:
    inner = Scripted("yes")
    gateway = cached(inner)
    for request in (asked(), asked("Is it?"), asked(model="openai/x"), asked(repeat=1)):
        assert not (await gateway.complete(request)).cached
    assert inner.calls == 4


async def test_a_subject_and_a_judge_that_are_asked_the_same_share_the_answer() -> None:
    inner = Scripted("yes")
    gateway = cached(inner)
    answers = [await gateway.complete(asked(purpose=purpose)) for purpose in Purpose]
    assert [answer.cached for answer in answers] == [False, True]


NEVER = [
    asked(model="agent/bot", agent=AgentInput(input="Hi", conversation="c1")),
    asked(model="openai/x", agent=AgentInput(input="Hi", conversation="c1")),
    asked(model="agent/bot"),
    asked(model="replay/answers.jsonl"),
    asked(model="scripted/x"),
    asked(model=EMBEDDING_MODEL, weights="b179"),
    asked(model="local/smollm2-135m-instruct"),
]


@pytest.mark.parametrize("request_", NEVER)
async def test_what_has_no_fingerprint_of_its_own_is_always_asked(request_: Request) -> None:
    inner, kept = Scripted("yes"), Kept()
    gateway = cached(inner, kept)
    for _ in range(2):
        assert not (await gateway.complete(request_)).cached
    assert (inner.calls, kept.answers) == (2, {})


async def test_a_local_model_is_known_by_its_weights() -> None:
    inner = Scripted("yes")
    gateway = cached(inner)
    for weights in ("one", "one", "other"):
        await gateway.complete(asked(model="local/smollm2-135m-instruct", weights=weights))
    assert inner.calls == 2


async def test_what_is_to_be_measured_is_made_each_time_and_kept_for_others() -> None:
    gate = asyncio.Event()
    inner = Scripted(a_completion("yes"), gate=gate)
    gateway = cached(inner)
    calls = [asyncio.create_task(gateway.complete(asked(live=True))) for _ in range(3)]
    await asyncio.sleep(0)
    gate.set()
    assert not any(answer.cached for answer in await asyncio.gather(*calls))
    assert inner.calls == 3
    assert (await gateway.complete(asked())).cached
    assert inner.calls == 3


async def test_it_is_told_who_asked() -> None:
    kept = Kept()
    request = asked()
    await cached(Scripted("yes"), kept).complete(request)
    assert kept.asked == {request.fingerprint(): request}


async def test_an_answer_that_only_calls_tools_is_kept_and_comes_back_whole() -> None:
    inner = Scripted(a_completion("", tool_calls=(a_tool_call(),), finish=Finish.TOOL))
    gateway = cached(inner)
    first, second = [await gateway.complete(asked()) for _ in range(2)]
    assert (second.tool_calls, second.cached) == (first.tool_calls, True)
    assert inner.calls == 1


async def test_attempts_that_it_took_are_not_those_of_whoever_gets_it_later() -> None:
    gateway = cached(Scripted(a_completion("yes", retries=2)))
    answers = [await gateway.complete(asked()) for _ in range(2)]
    assert [answer.retries for answer in answers] == [2, 0]


@pytest.mark.parametrize(
    "completion",
    [
        a_completion("half an an", finish=Finish.LENGTH),
        a_completion("", finish=Finish.FILTERED),
        a_completion("words", finish=Finish.FILTERED),
        a_completion(""),
        a_completion(" \n"),
        a_completion("", finish=Finish.TOOL),
        a_completion("", tool_calls=(a_tool_call(),), finish=Finish.LENGTH),
    ],
)
async def test_what_is_cut_off_filtered_or_empty_is_not_kept(completion: Completion) -> None:
    inner = Scripted(completion)
    gateway = cached(inner)
    for _ in range(2):
        assert await gateway.complete(asked()) == completion
    assert inner.calls == 2


async def test_a_fault_is_not_kept() -> None:
    replies: Iterator[Completion | Fault] = iter([a_fault(), a_completion("yes")])
    gateway = cached(Scripted(lambda _: next(replies)))
    with pytest.raises(GatewayError):
        await gateway.complete(asked())
    assert (await gateway.complete(asked())).text == "yes"


async def test_what_is_asked_at_once_is_one_call() -> None:
    gate = asyncio.Event()
    inner = Scripted(a_completion("yes"), gate=gate)
    gateway = cached(inner)
    calls = [asyncio.create_task(gateway.complete(asked())) for _ in range(20)]
    await asyncio.sleep(0)
    gate.set()
    answers = await asyncio.gather(*calls)
    assert inner.calls == 1
    assert sum(not answer.cached for answer in answers) == 1
    assert sum((answer.cost for answer in answers), Cost()) == a_completion().cost


async def test_a_fault_is_that_of_all_who_asked_at_once_and_billed_once() -> None:
    gate = asyncio.Event()
    inner = Scripted(a_fault(kind=FaultKind.TIMEOUT, billed=True), gate=gate)
    gateway = cached(inner)
    calls = [asyncio.create_task(gateway.complete(asked())) for _ in range(5)]
    await asyncio.sleep(0)
    gate.set()
    errors = await asyncio.gather(*calls, return_exceptions=True)
    assert inner.calls == 1
    faults = [error.fault for error in errors if isinstance(error, GatewayError)]
    assert [fault.kind for fault in faults] == [FaultKind.TIMEOUT] * 5
    assert sum(fault.billed for fault in faults) == 1


async def test_when_the_first_is_cancelled_the_next_one_asks() -> None:
    gate = asyncio.Event()
    inner = Scripted(a_completion("yes"), gate=gate)
    gateway = cached(inner)
    first, *others = [asyncio.create_task(gateway.complete(asked())) for _ in range(4)]
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    gate.set()
    answers = await asyncio.gather(*others)
    assert inner.calls == 2
    assert [answer.cached for answer in answers] == [False, True, True]
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_when_one_that_waits_is_cancelled_the_others_are_answered() -> None:
    gate = asyncio.Event()
    inner = Scripted(a_completion("yes"), gate=gate)
    gateway = cached(inner)
    first, second, third = [asyncio.create_task(gateway.complete(asked())) for _ in range(3)]
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    gate.set()
    assert not (await first).cached
    assert (await third).cached
    assert inner.calls == 1


@pytest.mark.parametrize("kind", [FaultKind.BUDGET, FaultKind.BREAKER])
async def test_a_suite_without_money_refuses_nobody_elses_question(kind: FaultKind) -> None:
    gate = asyncio.Event()
    broke = a_fault(kind=kind)
    replies: Iterator[Completion | Fault] = iter([broke, a_completion("yes")])
    inner = Scripted(lambda _: next(replies), gate=gate)
    gateway = cached(inner)
    calls = [asyncio.create_task(gateway.complete(asked())) for _ in range(3)]
    await asyncio.sleep(0)
    gate.set()
    refused, *answers = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(refused, GatewayError)
    assert [isinstance(a, Completion) and a.cached for a in answers] == [False, True]
    assert inner.calls == 2


class Elsewhere:
    """Another process, which has its answer when it was looked at so often."""

    def __init__(self, kept: Kept, request: Request, *, looks: int, answer: str | None) -> None:
        self.slept: list[float] = []
        self._kept, self._request, self._looks, self._answer = kept, request, looks, answer

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == self._looks:
            key = self._request.fingerprint()
            if self._answer:
                self._kept.put(key, a_completion(self._answer), self._request)
            self._kept.elsewhere.discard(key)


async def test_a_question_of_another_process_is_waited_for_and_not_asked() -> None:
    request, inner = asked(), Scripted("mine")
    kept = Kept(elsewhere=(request.fingerprint(),))
    other = Elsewhere(kept, request, looks=6, answer="theirs")
    gateway = cached(inner, kept, sleep=other.sleep)
    answer = await gateway.complete(request)
    assert (answer.text, answer.cached, answer.cost, inner.calls) == ("theirs", True, Cost(), 0)
    assert other.slept == [0.01, 0.02, 0.04, 0.08, 0.1, 0.1]
    assert kept.claimed == set()


async def test_when_the_other_process_got_no_answer_it_is_asked() -> None:
    request, inner = asked(), Scripted("mine")
    kept = Kept(elsewhere=(request.fingerprint(),))
    other = Elsewhere(kept, request, looks=2, answer=None)
    answer = await cached(inner, kept, sleep=other.sleep).complete(request)
    assert (answer.text, answer.cached, inner.calls) == ("mine", False, 1)


async def test_another_process_is_waited_for_as_long_as_it_takes() -> None:
    request, inner = asked(), Scripted("mine")
    kept = Kept(elsewhere=(request.fingerprint(),))
    other = Elsewhere(kept, request, looks=50_000, answer="theirs")
    answer = await cached(inner, kept, sleep=other.sleep).complete(request)
    assert (answer.text, answer.cached, inner.calls) == ("theirs", True, 0)
    assert sum(other.slept) > 4_000


async def test_whoever_waits_for_another_process_can_be_cancelled_at_once() -> None:
    request, inner = asked(), Scripted("mine")
    key = request.fingerprint()
    kept = Kept(elsewhere=(key,))
    kept.claimed.add(key)  # By the other one, which goes on with it.
    calls = [asyncio.create_task(cached(inner, kept).complete(request)) for _ in range(2)]
    await asyncio.sleep(0)
    for call in calls:
        call.cancel()
    done, _ = await asyncio.wait(calls, timeout=0.005)
    assert len(done) == 2
    assert (inner.calls, kept.claimed) == (0, {key})


async def test_what_another_process_kept_between_the_look_and_the_claim_is_taken() -> None:
    request, inner, kept = asked(), Scripted("mine"), Kept()
    claim = kept.claim

    def claim_late(key: str) -> bool:
        kept.put(key, a_completion("theirs"), request)
        return claim(key)

    kept.claim = claim_late  # type: ignore[method-assign] # A moment that no test can wait for.
    answer = await cached(inner, kept).complete(request)
    assert (answer.text, answer.cached, inner.calls) == ("theirs", True, 0)


@pytest.mark.parametrize("reply", [a_completion("yes"), a_fault()])
async def test_a_question_is_given_back_when_it_is_over(reply: Completion | Fault) -> None:
    gate, kept = asyncio.Event(), Kept()
    gateway = cached(Scripted(reply, gate=gate), kept)
    call = asyncio.create_task(gateway.complete(asked()))
    await asyncio.sleep(0)
    assert kept.claimed == {asked().fingerprint()}
    gate.set()
    await asyncio.gather(call, return_exceptions=True)
    assert kept.claimed == set()


async def test_a_question_is_given_back_when_it_is_cancelled() -> None:
    kept = Kept()
    gateway = cached(Scripted("yes", gate=asyncio.Event()), kept)
    call = asyncio.create_task(gateway.complete(asked()))
    await asyncio.sleep(0)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert kept.claimed == set()


async def test_an_answer_is_kept_before_anybody_gets_it() -> None:
    gate, kept = asyncio.Event(), Kept()
    gateway = cached(Scripted("yes", gate=gate), kept)
    there: list[bool] = []

    async def ask() -> None:
        await gateway.complete(asked())
        there.append(bool(kept.answers))

    calls = [asyncio.create_task(ask()) for _ in range(3)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*calls)
    assert there == [True, True, True]


async def test_closing_it_closes_the_gateway_and_the_cache() -> None:
    inner, kept = Scripted("yes"), Kept()
    await cached(inner, kept).close()
    assert (inner.closed, kept.closed) == (True, True)
