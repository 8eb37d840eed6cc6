import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.scripted import Reply
from agentops_cli.model.call import Completion, FaultKind, Finish
from agentops_cli.model.json import Json
from agentops_cli.model.prompt import Message
from agentops_cli.model.result import Trial
from agentops_cli.model.suite import FaultError, Window
from agentops_cli.model.tool import ToolCall
from agentops_cli.run.conversation import NO_ANSWER, Conversation
from agentops_cli.run.tool_loop import MOST_CALLS, MOST_ERROR_BYTES
from tests.builders import a_completion, a_place
from tests.run.talk import SYSTEM, a_fault_of, a_talk, order, says, search, talk, user

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
    ids = [message.tool_call_id for message in requests[-1].messages if message.tool_call_id]
    assert ids == ["call00000", "call00001"]


async def test_later_turns_are_told_which_tools_were_called_and_what_they_gave() -> None:
    _, requests, _ = await talk(a_talk("a", "b", stubs=STUBS), order(), "1", "2")
    asked = ToolCall(id="call00000", name="get_order", arguments='{"id": "812"}')
    assert requests[2].messages == (
        SYSTEM,
        user("a"),
        Message(role="assistant", content="", tool_calls=(asked,)),
        a_tool_message('{"total": 40}'),
        says("1"),
        user("b"),
    )
    assert (requests[2].turn, requests[2].step) == (1, 0)


async def test_what_tools_gave_is_in_the_history_once() -> None:
    planned = a_talk("a", "b", "c", stubs=STUBS)
    _, requests, _ = await talk(planned, order(), "1", search(), "2", "3")
    results = [m.content for m in requests[-1].messages if m.role == "tool"]
    assert results == ['{"total": 40}', "two lamps"]


async def test_a_window_drops_a_turn_with_its_tools() -> None:
    planned = a_talk("a", "b", "c", stubs=STUBS, window=Window(turns=1))
    _, requests, _ = await talk(planned, order(), "1", "2", "3")
    assert requests[-1].messages == (SYSTEM, user("b"), says("2"), user("c"))


@pytest.mark.parametrize(
    ("changes", "replies", "history"),
    [
        ({"stubs": None}, [order(), "2"], [user("a"), says(NO_ANSWER), user("b")]),
        (
            {"stubs": None},
            [a_completion("I look", tool_calls=(order(),)), "2"],
            [user("a"), says("I look"), user("b")],
        ),
        ({"max_steps": 1}, [order(), "2"], [user("a"), says(NO_ANSWER), user("b")]),
        ({}, [" \n", "2"], [user("a"), says(NO_ANSWER), user("b")]),
    ],
)
async def test_a_history_holds_no_call_without_a_result_and_no_empty_answer(
    changes: dict[str, Any], replies: list[Reply], history: list[Message]
) -> None:
    _, requests, _ = await talk(a_talk("a", "b", **{"stubs": STUBS, **changes}), *replies)
    assert requests[-1].messages == (SYSTEM, *history)


@given(
    replies=st.lists(
        st.builds(
            a_completion,
            st.sampled_from(["", " ", "Hi"]),
            tool_calls=st.lists(st.sampled_from([order(), search()]), max_size=3).map(tuple),
        ),
        min_size=12,
        max_size=12,
    ),
    steps=st.integers(1, 4),
    turns=st.integers(0, 3),
    stubbed=st.booleans(),
)
@settings(deadline=None)
def test_no_provider_refuses_a_history(
    replies: list[Completion], steps: int, turns: int, *, stubbed: bool
) -> None:
    stubs = STUBS if stubbed else None
    planned = a_talk("a", "b", "c", stubs=stubs, max_steps=steps, window=Window(turns=turns))
    _, requests, _ = asyncio.run(talk(planned, *replies))
    for request in requests:
        before = None
        open_calls: list[str] = []
        for message in request.messages:
            if message.role == "tool":
                assert message.tool_call_id in open_calls
                open_calls.remove(message.tool_call_id)
            else:
                assert not open_calls
                assert message.role != before
                before = message.role if message.role != "assistant" else None
            if message.role == "assistant":
                assert message.content.strip() or message.tool_calls
                open_calls = [call.id for call in message.tool_calls]
        assert not open_calls


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
    assert [message.content for message in requests[2].messages] == [
        "Be kind.", "a", "", '{"total": 40}', NO_ANSWER, "b",
    ]  # fmt: skip


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


@pytest.mark.parametrize(("times", "steps"), [(MOST_CALLS, 2), (MOST_CALLS + 1, 1)])
async def test_more_calls_than_a_history_may_hold_are_not_answered(times: int, steps: int) -> None:
    many = a_completion("", tool_calls=(search(),) * times)
    [turn], requests, _ = await talk(a_talk(stubs=STUBS), many, "Done")
    assert len(requests) == steps
    assert [verdict.kind for verdict in turn.findings] == ["maxSteps"] * (2 - steps)
    if steps == 1:
        assert turn.findings[0].reason == (
            "made 129 calls in one answer, of which no more than 128 can be answered: called search"
            ' 129 times, always as search(q: "lamp")'
        )


@pytest.mark.parametrize("name", ["x" * 5_000, 'é"\\' * 2_000, "\x00" * 900, "lamp"])
async def test_a_model_is_told_of_a_mistake_in_a_few_words(name: str) -> None:
    wrong = ToolCall(id="1", name=name, arguments="{}")
    [said] = await results_of(a_completion("", tool_calls=(wrong,)), "Done")
    assert len(said.encode()) <= MOST_ERROR_BYTES
    assert json.loads(said)["error"].startswith("there is no tool ")
