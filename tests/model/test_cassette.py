from dataclasses import replace
from typing import Any

import pytest

from agentops_cli.model.call import AgentInput, Finish, Request
from agentops_cli.model.cassette import Recording, key_of
from agentops_cli.model.money import Usage
from agentops_cli.model.prompt import Message
from agentops_cli.model.tool import ToolCall
from tests.builders import a_request

AGENT = AgentInput(input="Hello", conversation="run-1-0-0")


def with_tool(call_id: str, **changes: Any) -> Request:
    """A request after one call of a tool."""
    call = ToolCall(id=call_id, name="get_order", arguments="{}", **changes)
    said = (
        Message(role="user", content="Where is it?"),
        Message(role="assistant", content="", tool_calls=(call,)),
        Message(role="tool", content="shipped", tool_call_id=call_id),
    )
    return a_request(messages=said, step=1)


def test_the_key_of_a_model_is_the_fingerprint_of_its_request() -> None:
    request = a_request()
    assert key_of(request) == request.fingerprint()
    assert key_of(replace(request, max_tokens=7)) != key_of(request)


def test_the_key_of_an_agent_leaves_out_which_conversation_it_is_and_nothing_else() -> None:
    request = a_request(agent=AGENT)
    assert key_of(request) == key_of(replace(request, agent=replace(AGENT, conversation="other")))
    for change in ({"input": "Bye"}, {"vars": {"a": 1}}, {"max_steps": 3}):
        assert key_of(replace(request, agent=replace(AGENT, **change))) != key_of(request)


def test_the_key_leaves_out_what_a_provider_calls_a_tool_call() -> None:
    assert key_of(with_tool("call_8fk2")) == key_of(with_tool("call_0aa1"))


def test_which_call_a_result_answers_is_part_of_the_key() -> None:
    first, second = (ToolCall(id=name, name=name, arguments="{}") for name in ("one", "two"))
    asked = Message(role="assistant", content="", tool_calls=(first, second))

    def after(answered: str) -> Request:
        result = Message(role="tool", content="yes", tool_call_id=answered)
        return a_request(messages=(asked, result), step=1)

    assert key_of(after("one")) != key_of(after("two"))


A = Recording(case_id="a", text="Hello", line=3, key="0" * 64, tool_calls=())
CALLED = replace(A, tool_calls=(ToolCall(id="1", name="get_order", arguments="{}"),))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (replace(A, line=9), True),
        (replace(A, recorded_at="2026-05-02"), True),
        (replace(A, usage=Usage(input_tokens=7)), True),
        (replace(A, prompt_sha="9c1d", suite="x"), True),
        (replace(A, text="Bye"), False),
        (replace(A, finish=Finish.LENGTH), False),
        (replace(A, served_model="gpt-4o-2026"), False),
        (replace(A, answered_by="openai/gpt-4o"), False),
        (replace(A, failure="exit code 1"), False),
        (replace(A, trace=[1]), False),
        (CALLED, False),
    ],
)
def test_an_answer_is_the_same_when_nothing_is_said_otherwise(other: Recording, same: bool) -> None:
    assert A.says_the_same(other) is same


def test_ids_of_tool_calls_make_no_other_answer_of_it() -> None:
    [call] = CALLED.tool_calls
    assert CALLED.says_the_same(replace(CALLED, tool_calls=(replace(call, id="2"),)))
    assert not CALLED.says_the_same(replace(CALLED, tool_calls=(replace(call, name="x"),)))
