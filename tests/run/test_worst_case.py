"""What a case may take at most is never less than what it takes."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from agentops_cli.guards.budget import most_input_tokens
from agentops_cli.model.prompt import Message
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.suite import InjectedFault, Window
from agentops_cli.model.tool import Tool, ToolCall
from agentops_cli.run.worst_case import largest_calls
from tests.builders import a_case, a_place, a_planned_case, a_request

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
    calls = list(largest_calls(planned))
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


def test_a_failure_that_is_injected_is_said_too() -> None:
    fault = InjectedFault(target="search", error="timeout", location=a_place())
    plain = list(largest_calls(saying("Hi", stubs=STUBS, max_steps=2)))
    failing = list(largest_calls(saying("Hi", stubs=STUBS, max_steps=2, faults=(fault,))))
    assert failing[0] == plain[0]
    assert failing[1].input_tokens > plain[1].input_tokens
