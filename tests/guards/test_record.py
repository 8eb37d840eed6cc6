import asyncio
from dataclasses import replace

import pytest

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.scripted import Scripted
from agentops_cli.guards.record import Recorded
from agentops_cli.model.call import AgentInput, Completion, FaultKind, Purpose, Request
from agentops_cli.model.embedding import EMBEDDING_MODEL
from agentops_cli.model.money import Cost
from tests.builders import a_completion, a_fault
from tests.guards.recorded import asking, recording, recordings

ASKED = asking()
OPINION = asking(purpose=Purpose.JUDGE)


class Held:
    """A gateway that answers when it is let."""

    def __init__(self, *, fails: bool = False) -> None:
        self.calls = 0
        self.go = asyncio.Event()
        self._fails = fails

    async def complete(self, request: Request) -> Completion:
        self.calls += 1
        await self.go.wait()
        if self._fails:
            raise GatewayError(a_fault(billed=True))
        return a_completion("yes")

    async def close(self) -> None:
        """Holds nothing."""


def in_conversation(turn: int) -> Request:
    agent = AgentInput(input=f"turn {turn}", conversation="run-1")
    return asking(model="agent/bot", agent=agent, turn=turn)


async def test_every_answer_is_recorded_and_given_as_it_came() -> None:
    held, inner = recordings(replays=False), Scripted(a_completion("Hi"))
    completion = await Recorded(inner, held).complete(ASKED)
    assert (completion.text, completion.cached) == ("Hi", False)
    assert completion.cost != Cost()
    assert [one.text for one in held.made.values()] == ["Hi"]


async def test_what_is_recorded_is_not_asked() -> None:
    held, inner = recordings(recording(ASKED)), Scripted("another")
    completion = await Recorded(inner, held).complete(ASKED)
    assert (completion.text, inner.calls, held.made) == ("Hello", 0, {})


async def test_a_gap_is_asked_and_recorded() -> None:
    held, inner = recordings(recording(ASKED)), Scripted("another")
    completion = await Recorded(inner, held).complete(asking("b", max_tokens=7))
    assert (completion.text, inner.calls) == ("another", 1)
    assert [call.case_id for call in held.made] == ["b"]


@pytest.mark.parametrize("model", ["replay/a.jsonl", EMBEDDING_MODEL])
async def test_what_is_no_call_of_a_model_is_not_recorded(model: str) -> None:
    held, inner = recordings(replays=False), Scripted("Hi")
    await Recorded(inner, held).complete(asking(model=model))
    assert (inner.calls, held.made) == (1, {})


async def test_a_call_without_an_answer_is_not_recorded_and_its_old_answer_stays_in_use() -> None:
    held = recordings(recording(ASKED), replays=False)
    with pytest.raises(GatewayError):
        await Recorded(Scripted(a_fault()), held).complete(ASKED)
    assert held.made == {}
    assert [*held.unused("evals/s.yaml")] == []


async def test_the_same_question_of_one_case_is_asked_once() -> None:
    held, inner = recordings(replays=False), Held()
    gateway = Recorded(inner, held)
    asked = [asyncio.ensure_future(gateway.complete(OPINION)) for _ in range(3)]
    await asyncio.sleep(0)
    inner.go.set()
    answers = await asyncio.gather(*asked)
    answers.append(await gateway.complete(OPINION))
    assert inner.calls == 1
    assert [answer.cached for answer in answers] == [False, True, True, True]
    assert [answer.cost for answer in answers[1:]] == [Cost()] * 3


async def test_whoever_waited_for_a_call_that_fails_is_not_billed_for_it() -> None:
    inner = Held(fails=True)
    gateway = Recorded(inner, recordings(replays=False))
    asked = [asyncio.ensure_future(gateway.complete(OPINION)) for _ in range(2)]
    await asyncio.sleep(0)
    inner.go.set()
    faults = await asyncio.gather(*asked, return_exceptions=True)
    assert inner.calls == 1
    assert [f.fault.billed for f in faults if isinstance(f, GatewayError)] == [True, False]


async def test_when_the_one_who_asks_is_cut_off_the_next_one_asks() -> None:
    inner = Held()
    gateway = Recorded(inner, recordings(replays=False))
    first = asyncio.ensure_future(gateway.complete(OPINION))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(gateway.complete(OPINION))
    await asyncio.sleep(0)
    first.cancel()
    inner.go.set()
    assert (await second).text == "yes"
    assert inner.calls == 2


async def test_two_cases_that_ask_the_same_are_asked_twice() -> None:
    inner = Scripted("yes")
    gateway = Recorded(inner, recordings(replays=False))
    for case_id in ("one", "two"):
        await gateway.complete(asking(case_id))
    assert inner.calls == 2


async def test_a_conversation_that_is_recorded_whole_is_replayed_whole() -> None:
    turns = [in_conversation(0), in_conversation(1)]
    inner = Scripted("live")
    gateway = Recorded(inner, recordings(*map(recording, turns)))
    assert [(await gateway.complete(turn)).text for turn in turns] == ["Hello", "Hello"]
    assert inner.calls == 0


async def test_an_agent_never_answers_in_the_middle_of_what_it_did_not_hear() -> None:
    inner = Scripted("live")
    gateway = Recorded(inner, recordings(recording(in_conversation(0))))
    await gateway.complete(in_conversation(0))
    with pytest.raises(GatewayError) as raised:
        await gateway.complete(in_conversation(1))
    fault = raised.value.fault
    assert (fault.kind, fault.final, inner.calls) == (FaultKind.MISS, True, 0)
    assert "the agent of today knows nothing" in fault.message
    assert fault.fix == (
        "record the whole conversation: agentops eval evals/s.yaml --record --case a"
    )


async def test_a_conversation_that_begins_live_goes_on_live() -> None:
    inner = Scripted("live")
    gateway = Recorded(inner, recordings(recording(in_conversation(1))))
    texts = [(await gateway.complete(in_conversation(turn))).text for turn in (0, 1)]
    assert (texts, inner.calls) == (["live", "live"], 2)


async def test_an_agent_that_is_asked_again_in_one_run_is_asked_from_the_start() -> None:
    inner = Scripted("live")
    gateway = Recorded(inner, recordings(replays=False))
    first = in_conversation(0)
    await gateway.complete(first)
    again = (
        replace(first, agent=replace(first.agent, conversation="run-2")) if first.agent else first
    )
    await gateway.complete(again)
    assert inner.calls == 2


async def test_closing_closes_what_is_inside() -> None:
    inner = Scripted("Hi")
    await Recorded(inner, recordings()).close()
    assert inner.closed
