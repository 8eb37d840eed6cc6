import json
from dataclasses import replace
from typing import Any

import pytest

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.scripted import Reply
from agentops_cli.model.call import FaultKind, Finish
from agentops_cli.model.json import Json
from agentops_cli.model.prompt import Message
from agentops_cli.model.result import Trial
from agentops_cli.model.suite import FaultError
from agentops_cli.model.tool import ToolCall
from agentops_cli.run.conversation import Conversation
from tests.builders import a_completion, a_place
from tests.run.talk import SYSTEM, a_fault_of, a_talk, order, search, talk, user

STUBS: dict[str, Json] = {"get_order": {"total": 40}, "search": "two lamps"}


def a_tool_message(content: str, call_id: str = "call00000") -> Message:
    return Message(role="tool", content=content, tool_call_id=call_id)


async def results_of(*replies: Reply, **changes: Any) -> list[str]:
    """What the tools said in a turn."""
    _, requests, _ = await talk(a_talk(**{"stubs": STUBS, **changes}), *replies)
    return [message.content for message in requests[-1].messages if message.role == "tool"]


async def reasons_of(*replies: Reply, **changes: Any) -> list[tuple[str, str]]:
    """What was found in a case of one turn."""
    [turn], _, _ = await talk(a_talk(**{"stubs": STUBS, **changes}), *replies)
    return [(verdict.kind, verdict.reason) for verdict in turn.findings]


async def test_a_stub_answers_and_the_model_goes_on() -> None:
    [turn], requests, conversation = await talk(
        a_talk(stubs=STUBS), order(), search(), "It is $40."
    )
    asked = ToolCall(id="call00000", name="get_order", arguments='{"id": "812"}')
    then = ToolCall(id="call00001", name="search", arguments='{"q": "lamp"}')
    assert [request.step for request in requests] == [0, 1, 2]
    assert requests[2].messages == (
        SYSTEM,
        user("Add a wishlist"),
        Message(role="assistant", content="", tool_calls=(asked,)),
        a_tool_message('{"total": 40}'),
        Message(role="assistant", content="", tool_calls=(then,)),
        a_tool_message("two lamps", "call00001"),
    )
    assert turn.request == requests[2]
    assert (turn.completion.text, turn.completion.tool_calls) == ("It is $40.", (order(), search()))
    assert turn.findings == ()
    assert [turn.steps for turn in conversation.turns] == [3]
    assert not conversation.was_one_call


async def test_every_call_of_an_answer_gets_its_own_result() -> None:
    own = replace(order(), id="abc")
    both = a_completion("", finish=Finish.TOOL, tool_calls=(search(), own))
    _, requests, _ = await talk(a_talk(stubs=STUBS), both, "Done")
    assert requests[1].messages[3:] == (
        a_tool_message("two lamps"),
        a_tool_message('{"total": 40}', "abc"),
    )


async def test_calls_are_told_apart_across_turns() -> None:
    _, requests, _ = await talk(a_talk("a", "b", stubs=STUBS), order(), "1", order(), "2")
    ids = [m.tool_call_id for request in requests for m in request.messages if m.tool_call_id]
    assert ids == ["call00000", "call00001"]


async def test_later_turns_are_told_what_was_answered_and_not_which_tools_were_called() -> None:
    _, requests, _ = await talk(a_talk("a", "b", stubs=STUBS), order(), "1", "2")
    assert [message.content for message in requests[2].messages] == ["Be kind.", "a", "1", "b"]
    assert (requests[2].turn, requests[2].step) == (1, 0)


async def test_without_stubs_the_first_answer_is_the_one() -> None:
    [turn], requests, conversation = await talk(a_talk(), order())
    assert len(requests) == 1
    assert turn.completion.tool_calls == (order(),)
    assert turn.findings == ()
    assert conversation.was_one_call


async def test_a_loop_is_ended_and_its_calls_are_named() -> None:
    calls = [search("a"), order(), search("b"), *[search("lamp")] * 5]
    [turn], requests, conversation = await talk(a_talk(stubs=STUBS), *calls, "never said")
    assert len(requests) == 8
    [verdict] = turn.findings
    assert (verdict.kind, verdict.passed, verdict.turn) == ("maxSteps", False, None)
    assert verdict.location == a_place()
    assert verdict.reason == (
        'stopped after 8 steps: called search 7 times, 5 times as search(q: "lamp"), get_order once'
    )
    assert turn.completion.tool_calls == tuple(calls)
    assert conversation.turns[0].steps == 8


@pytest.mark.parametrize("steps", [1, 3])
async def test_a_loop_that_ends_with_the_last_step_is_none(steps: int) -> None:
    replies: list[Reply] = [*[order()] * (steps - 1), "Done"]
    assert await reasons_of(*replies, max_steps=steps) == []
    [(kind, reason)] = await reasons_of(*[order()] * steps, max_steps=steps)
    assert kind == "maxSteps"
    assert reason.startswith(f"stopped after {steps} step")


async def test_a_loop_in_one_turn_does_not_keep_the_next_from_being_said() -> None:
    planned = a_talk("a", "b", stubs=STUBS, max_steps=2)
    answered, requests, _ = await talk(planned, order(), order(), "2")
    assert [[v.turn for v in turn.findings] for turn in answered] == [[0], []]
    assert [message.content for message in requests[2].messages] == ["Be kind.", "a", "", "b"]


@pytest.mark.parametrize(
    ("call", "told", "reason"),
    [
        (
            ToolCall(id="", name="get_orders", arguments="{}"),
            "there is no tool 'get_orders', only get_order, search",
            "get_orders(): there is no tool 'get_orders', only get_order, search",
        ),
        (
            ToolCall(id="", name="get_order", arguments="{}"),
            "'arguments' lacks the key 'id'",
            "get_order(): 'arguments' lacks the key 'id'",
        ),
        (
            ToolCall(id="", name="get_order", arguments='{"id": 812}'),
            "'arguments.id' must be text, not 812",
            "get_order(id: 812): 'arguments.id' must be text, not 812",
        ),
        (
            ToolCall(id="", name="search", arguments="[]"),
            'the arguments of search cannot be read: they are no JSON object: "[]"',
            'search("[]"): the arguments of search cannot be read: they are no JSON object: "[]"',
        ),
    ],
)
async def test_a_wrong_call_is_told_to_the_model_and_to_people(
    call: ToolCall, told: str, reason: str
) -> None:
    [turn], requests, _ = await talk(a_talk(stubs=STUBS), call, "Done")
    assert json.loads(requests[1].messages[-1].content) == {"error": told}
    [verdict] = turn.findings
    assert (verdict.kind, verdict.passed, verdict.reason) == ("tools", False, reason)


async def test_a_wrong_call_is_wrong_also_when_nobody_answers_it() -> None:
    call = ToolCall(id="", name="get_orders", arguments="{}")
    [(kind, _)] = await reasons_of(call, stubs=None)
    assert kind == "tools"


async def test_the_same_mistake_is_told_once_and_counted() -> None:
    call = ToolCall(id="", name="nope", arguments="{}")
    found = await reasons_of(call, call, call, "Done")
    assert found == [("tools", "nope(): there is no tool 'nope', only get_order, search (3 times)")]


async def test_arguments_that_cannot_be_parsed_are_not_sent_back() -> None:
    call = ToolCall(id="", name="get_order", arguments='{"id": "81')
    cut = a_completion("", finish=Finish.LENGTH, tool_calls=(call,))
    [turn], requests, _ = await talk(a_talk(stubs=STUBS), cut, "Done")
    assert requests[1].messages[2].tool_calls[0].arguments == "{}"
    assert '{"id": "81' in json.loads(requests[1].messages[-1].content)["error"]
    assert turn.findings[0].reason.endswith("the answer was cut off (finish reason length)")


async def test_where_no_tools_are_known_the_stubs_say_what_there_is() -> None:
    planned = a_talk(stubs={"get_order": "40"})
    planned = replace(planned, request=replace(planned.request, tools=()))
    any_args = ToolCall(id="", name="get_order", arguments='{"n": 1}')
    [turn], requests, _ = await talk(planned, any_args, search(), "Done")
    assert requests[1].messages[-1].content == "40"
    assert [verdict.reason for verdict in turn.findings] == [
        "search(q: \"lamp\"): there is no tool 'search', only get_order"
    ]


async def test_a_tool_without_a_stub_leaves_nothing_to_judge() -> None:
    planned = a_talk(stubs={"search": "x"})
    conversation = Conversation(
        Trial(planned=planned, repeat=0, requests=(planned.request,)), lambda _: ""
    )
    paid = a_completion("", tool_calls=(order(),))
    with pytest.raises(GatewayError) as raised:
        conversation.take(paid)
    fault = raised.value.fault
    assert (fault.kind, fault.billed) == (FaultKind.UNDECIDED, False)
    assert fault.message == "the model called get_order, for which the case has no stub"
    place = "evals/product-manager.yaml:12"
    assert fault.fix == f"add a line to the stubs of the case at {place}: 'get_order: …'"
    assert conversation.completion is None
    assert [turn.completion for turn in conversation.turns] == [paid]


@pytest.mark.parametrize("error", ["timeout", "rateLimit", "serverError"])
async def test_an_injected_failure_is_an_error_as_json(error: FaultError) -> None:
    fault = a_fault_of("get_order", error=error)
    [said] = await results_of(order(), "Sorry", faults=(fault,))
    assert list(json.loads(said)) == ["error"]


async def test_a_broken_answer_is_no_json_and_an_empty_one_is_nothing() -> None:
    faults = (a_fault_of("get_order", error="malformed"), a_fault_of("search", error="empty"))
    broken, empty = await results_of(order(), search(), "Sorry", faults=faults)
    assert empty == ""
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(broken)


async def test_only_the_first_calls_fail_and_one_fault_follows_another() -> None:
    faults = (
        a_fault_of("get_order", times=1),
        a_fault_of("get_order", times=2, error="serverError"),
    )
    said = await results_of(*[order()] * 4, "Done", faults=faults)
    errors = ["timeout" in said[0], "500" in said[1], "500" in said[2], said[3] == '{"total": 40}']
    assert errors == [True] * 4


async def test_a_tool_that_always_fails_needs_no_stub() -> None:
    said = await results_of(order(), order(), "Sorry", faults=(a_fault_of("get_order"),), stubs={
        "search": "x"
    })  # fmt: skip
    assert len(said) == 2


async def test_failures_are_counted_over_all_turns() -> None:
    planned = a_talk("a", "b", stubs=STUBS, faults=(a_fault_of("get_order", times=1),))
    _, requests, _ = await talk(planned, order(), "1", order(), "2")
    assert "timeout" in requests[1].messages[-1].content
    assert requests[3].messages[-1].content == '{"total": 40}'


async def test_a_failure_that_was_never_met_is_told_at_its_place() -> None:
    planned = a_talk(stubs=STUBS, faults=(a_fault_of("get_order"), a_fault_of("search")))
    [turn], _, _ = await talk(planned, search(), "Done")
    [verdict] = turn.findings
    assert (verdict.kind, verdict.passed, verdict.turn) == ("faults", False, None)
    assert verdict.location == a_place(30)
    assert verdict.reason == "get_order was never called, so its failure (timeout) was not tried"


async def test_a_wrong_call_does_not_reach_the_tool_that_fails() -> None:
    wrong = ToolCall(id="", name="get_order", arguments="{}")
    found = await reasons_of(wrong, "Done", faults=(a_fault_of("get_order"),))
    assert [kind for kind, _ in found] == ["tools", "faults"]
    assert found[1][1] == (
        "no call of get_order was right, or got an answer, so its failure (timeout) was not tried"
    )


async def test_a_reason_is_one_line_that_a_terminal_does_not_obey() -> None:
    call = ToolCall(id="", name="a\x1b[31m\n" + "x" * 5_000, arguments="{}")
    [(_, reason)] = await reasons_of(call, "Done")
    assert reason.isprintable()
    assert len(reason) < 1_100
