import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.scripted import Scripted
from agentops_cli.guards.cache import Cached, is_for_judge
from agentops_cli.model.call import Completion, Fault, FaultKind, Finish, Purpose, Request
from agentops_cli.model.money import Cost
from agentops_cli.model.prompt import Message
from tests.builders import a_completion, a_fault, a_request


class Kept:
    """A cache in memory."""

    def __init__(self) -> None:
        self.answers: dict[str, Completion] = {}
        self.closed = False

    def get(self, key: str) -> Completion | None:
        return self.answers.get(key)

    def put(self, key: str, completion: Completion) -> None:
        self.answers[key] = completion

    def close(self) -> None:
        self.closed = True


def asked(text: str = "Is it good?", **changes: Any) -> Request:
    """A question to a judge."""
    messages = (Message(role="user", content=text),)
    return a_request(**{"purpose": Purpose.JUDGE, "messages": messages, **changes})


def cached(inner: Scripted, kept: Kept | None = None) -> Cached:
    return Cached(inner, kept or Kept(), serves=is_for_judge)


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


async def test_an_answer_under_test_is_never_taken_from_what_is_kept() -> None:
    inner = Scripted("yes")
    gateway = cached(inner)
    await gateway.complete(asked())
    for _ in range(2):
        subject = await gateway.complete(asked(purpose=Purpose.SUBJECT))
        assert not subject.cached
    assert inner.calls == 3


@pytest.mark.parametrize(
    "completion",
    [
        a_completion("half an an", finish=Finish.LENGTH),
        a_completion("", finish=Finish.FILTERED),
        a_completion("words", finish=Finish.FILTERED),
        a_completion(""),
        a_completion(" \n"),
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


async def test_closing_it_closes_the_gateway_and_the_cache() -> None:
    inner, kept = Scripted("yes"), Kept()
    await cached(inner, kept).close()
    assert (inner.closed, kept.closed) == (True, True)
