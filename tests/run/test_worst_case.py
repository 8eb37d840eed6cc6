"""What a case may take at most is never less than what it takes."""

import asyncio
import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops_cli.guards.bounds import most_input_tokens
from agentops_cli.model.call import Completion
from agentops_cli.model.injected import RESULTS
from agentops_cli.model.json import Json
from agentops_cli.model.prompt import Message
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.suite import InjectedFault, Window
from agentops_cli.model.tool import Tool, ToolCall
from agentops_cli.run.tool_loop import MOST_CALLS
from agentops_cli.run.worst_case import TOKENS_PER_CALL, largest_calls
from tests.builders import a_case, a_completion, a_place, a_planned_case, a_request
from tests.run.talk import a_talk, talk

SYSTEM = Message(role="system", content="Sell lamps. " * 50)
STUBS = {"search": "found " * 30, "order": {"total": 40, "lines": [1, 2, 3]}}
TOOL = Tool(name="search", parameters={"type": "object"})


def saying(*texts: str, **changes: object) -> PlannedCase:
    """A case with a turn for each text, of at most 20 tokens an answer."""
    first, *later = (
        a_request(messages=(SYSTEM, Message(role="user", content=text)), max_tokens=20, turn=turn)
        for turn, text in enumerate(texts)
    )
    case = a_case(**changes)
    return a_planned_case(case=case, request=first, later=tuple(later))


def test_a_case_of_one_call_is_bounded_as_the_budget_bounds_it() -> None:
    planned = saying("Hi")
    [call] = largest_calls(planned)
    assert (call.input_tokens, call.output_tokens) == (most_input_tokens(planned.request), 20)


def test_a_turn_is_sent_with_what_was_said_and_answered_before_it() -> None:
    planned = saying("Hi", "Who am I?", "Bye")
    calls = list(largest_calls(planned))
    history: list[Message] = []
    for call, request in zip(calls, (planned.request, *planned.later), strict=True):
        head, said = request.messages
        real = replace(request, messages=(head, *history, said))
        assert call.input_tokens == most_input_tokens(real)
        history += [said, Message(role="assistant", content="x" * 20)]  # A token a byte.


def test_what_falls_out_of_the_window_is_not_sent() -> None:
    texts = ["Hi"] * 5
    whole = [call.input_tokens for call in largest_calls(saying(*texts))]
    kept = [call.input_tokens for call in largest_calls(saying(*texts, window=Window(turns=2)))]
    assert kept[:3] == whole[:3]
    assert kept[3] == kept[4] == whole[2]


def test_each_step_is_sent_with_the_calls_and_what_the_tools_said() -> None:
    planned = saying("Hi", stubs=STUBS, max_steps=4)
    planned = replace(planned, request=replace(planned.request, tools=(TOOL,)))
    calls = list(largest_calls(planned, each_tool_once=True))
    assert len(calls) == 4
    steps = {after.input_tokens - before.input_tokens for before, after in pairwise(calls)}
    assert len(steps) == 1
    # Both stubs were called, with arguments of as many bytes as the answer has tokens.
    search = ToolCall(id="call_" + "x" * 35, name="search", arguments='{"q": "lamp"}')
    order = ToolCall(id="call_" + "y" * 35, name="order", arguments="{}")
    said = (
        Message(role="assistant", content="", tool_calls=(search, order)),
        Message(role="tool", content=str(STUBS["search"]), tool_call_id=search.id),
        Message(role="tool", content=json.dumps(STUBS["order"]), tool_call_id=order.id),
    )
    real = replace(planned.request, messages=(*planned.request.messages, *said))
    assert 0 <= calls[1].input_tokens - most_input_tokens(real) <= 20


@pytest.mark.parametrize("turns", [1, 3])
def test_every_turn_may_take_all_of_its_steps(turns: int) -> None:
    texts = ["Hi"] * turns
    assert len(list(largest_calls(saying(*texts, stubs=STUBS, max_steps=5)))) == 5 * turns
    assert len(list(largest_calls(saying(*texts, max_steps=5)))) == turns


@pytest.mark.parametrize("once", [True, False])
def test_a_failure_that_is_injected_is_said_too(*, once: bool) -> None:
    fault = InjectedFault(target="search", error="malformed", location=a_place())
    plain, failing = (
        [
            call.input_tokens
            for call in largest_calls(
                saying("Hi", stubs={"search": ""}, max_steps=2, faults=faults), each_tool_once=once
            )
        ]
        for faults in ((), (fault,))
    )
    assert failing[0] == plain[0]
    assert failing[1] >= plain[1] + (len(RESULTS["malformed"]) if once else 0)


def test_an_answer_holds_as_many_calls_as_fit_and_no_more_than_are_answered() -> None:
    def step(max_tokens: int) -> int:
        planned = saying("Hi", stubs={"search": "x" * 1_000}, max_steps=2)
        planned = replace(planned, request=replace(planned.request, max_tokens=max_tokens))
        first, second = largest_calls(planned)
        return second.input_tokens - first.input_tokens - max_tokens

    one = step(2) - step(0)
    assert 1_000 < one < 1_250
    assert step(20) == step(0) + 10 * one
    assert step(4_096) == step(0) + MOST_CALLS * one


@st.composite
def answers(draw: st.DrawFn) -> Completion:
    """An answer of at most `MOST_TOKENS` tokens, a byte each where it is the model's own words.

    A call of a known tool takes two tokens, as few as there may be, and its arguments the rest.
    """
    left, calls = MOST_TOKENS, []
    for _ in range(draw(st.integers(0, MOST_TOKENS // TOKENS_PER_CALL))):
        name = draw(st.sampled_from(["search", "order", "x" * 9]))
        arguments = draw(st.sampled_from(["", "{}", "[1]", "{} "]))
        taken = (10 if name[0] == "x" else TOKENS_PER_CALL) + len(arguments)
        if taken > left:
            break
        left -= taken
        calls.append(ToolCall(id="", name=name, arguments=arguments))
    return a_completion("x" * draw(st.integers(0, left)), tool_calls=tuple(calls))


MOST_TOKENS = 60
AS_MANY_AS_FIT = a_completion(
    "", tool_calls=(ToolCall(id="", name="search", arguments=""),) * (MOST_TOKENS // 2)
)


@given(
    st.lists(answers() | st.just(AS_MANY_AS_FIT), min_size=12, max_size=12),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(0, 3),
    st.sampled_from(["", "found " * 30, {"é": ["è", 1.5]}]),
)
@settings(deadline=None, max_examples=60)
def test_no_model_makes_a_case_cost_more_than_its_bound(
    replies: list[Completion], steps: int, turns: int, window: int, stub: Json
) -> None:
    inputs = ["Hi", "And?", "Why?"][:turns]
    stubs = {"search": stub, "order": {"total": 40}}
    planned = a_talk(*inputs, stubs=stubs, max_steps=steps, window=Window(turns=window))
    first, *later = (
        replace(request, max_tokens=MOST_TOKENS) for request in (planned.request, *planned.later)
    )
    planned = replace(planned, request=first, later=tuple(later))
    _, requests, _ = asyncio.run(talk(planned, *replies))
    bounds = [call.input_tokens for call in largest_calls(planned)]
    for request in requests:
        assert most_input_tokens(request) <= bounds[request.turn * steps + request.step]
