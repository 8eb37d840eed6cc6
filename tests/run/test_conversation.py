from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.model.call import Completion, Finish
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.prompt import Message
from agentops_cli.model.suite import Window
from agentops_cli.model.tool import ToolCall
from agentops_cli.run.conversation import _Exchange, case_in_turn, merged, summed, windowed
from tests.builders import a_case, a_completion, a_place
from tests.run.talk import (
    SYSTEM,
    a_fault_of,
    a_spec,
    a_talk,
    order,
    says,
    search,
    talk,
    user,
)


def a_bill(usd: str, tokens: int | None, **changes: object) -> Completion:
    usage = None if tokens is None else Usage(input_tokens=tokens, output_tokens=1)
    return replace(
        a_completion(cost=Cost(usd=Decimal(usd)), usage=usage, latency_s=0.5),
        **changes,  # type: ignore[arg-type] # fields of a completion
    )


async def test_a_case_of_one_call_is_asked_as_it_was_planned() -> None:
    planned = a_talk()
    [turn], requests, conversation = await talk(planned, "Hello")
    assert requests == [planned.request]
    assert requests[0] is planned.request
    assert (turn.number, turn.case, turn.findings) == (0, planned.case, ())
    assert turn.whole == turn.completion == conversation.completion
    assert conversation.was_one_call


async def test_each_turn_is_told_what_was_said_before_it() -> None:
    _, requests, conversation = await talk(a_talk("one", "two", "three"), "1", "2", "3")
    assert [request.messages for request in requests] == [
        (SYSTEM, user("one")),
        (SYSTEM, user("one"), says("1"), user("two")),
        (SYSTEM, user("one"), says("1"), user("two"), says("2"), user("three")),
    ]
    assert [request.turn for request in requests] == [0, 1, 2]
    assert [(turn.input, turn.completion.text) for turn in conversation.turns] == [
        ("one", "1"), ("two", "2"), ("three", "3"),
    ]  # fmt: skip
    assert not conversation.was_one_call


async def test_history_stands_before_the_users_message_also_when_an_answer_is_begun() -> None:
    planned = a_talk("one", "two")
    begun = says("{")
    planned = replace(
        planned,
        request=replace(planned.request, messages=(SYSTEM, user("one"), begun)),
        later=(replace(planned.later[0], messages=(SYSTEM, user("two"), begun)),),
    )
    _, requests, _ = await talk(planned, "1", "2")
    assert requests[1].messages == (SYSTEM, user("one"), says("1"), user("two"), begun)


async def test_examples_of_the_prompt_stand_before_the_history() -> None:
    planned = a_talk("one", "two")
    shots = (SYSTEM, user("an example"), says("its answer"))
    planned = replace(
        planned,
        request=replace(planned.request, messages=(*shots, user("one"))),
        later=(replace(planned.later[0], messages=(*shots, user("two"))),),
    )
    _, requests, _ = await talk(planned, "1", "2")
    assert requests[1].messages == (*shots, user("one"), says("1"), user("two"))


async def test_a_window_keeps_the_newest_turns() -> None:
    planned = a_talk("one", "two", "three", window=Window(turns=1))
    _, requests, _ = await talk(planned, "1", "2", "3")
    assert requests[2].messages == (SYSTEM, user("two"), says("2"), user("three"))


def exchanges(*sizes: int) -> list[_Exchange]:
    """Turns of so many bytes."""
    return [_Exchange((user("x" * size), says(""))) for size in sizes]


@pytest.mark.parametrize(
    ("sizes", "window", "kept"),
    [
        ([4, 4, 4], Window(), [0, 1, 2]),
        ([4, 4, 4], Window(turns=0), []),
        ([4, 4, 4], Window(turns=2), [1, 2]),
        ([4, 4, 4], Window(turns=9), [0, 1, 2]),
        ([4, 4, 4], Window(tokens=2), [1, 2]),
        ([4, 4, 4], Window(tokens=0), []),
        ([4, 5, 4], Window(tokens=2), [2]),  # Five bytes are two tokens.
        ([4, 40, 4], Window(tokens=5), [2]),  # The oldest would fit, but not without the middle.
        ([4, 4, 4], Window(turns=1, tokens=9), [2]),
        ([4, 4, 4], Window(turns=9, tokens=1), [2]),
        ([], Window(turns=1), []),
    ],
)
def test_a_turn_is_sent_whole_or_not_at_all(
    sizes: list[int], window: Window, kept: list[int]
) -> None:
    past = exchanges(*sizes)
    assert windowed(past, window) == [past[at] for at in kept]


@given(st.lists(st.integers(0, 60), max_size=8), st.integers(0, 40))
def test_what_is_kept_fits_and_one_more_would_not(sizes: list[int], tokens: int) -> None:
    past = exchanges(*sizes)
    kept = windowed(past, Window(tokens=tokens))
    assert kept == past[len(past) - len(kept) :]
    assert sum(one.tokens for one in kept) <= tokens
    if len(kept) < len(past):
        assert sum(one.tokens for one in past[-len(kept) - 1 :]) > tokens


def test_tokens_are_counted_by_bytes_and_not_by_characters() -> None:
    assert _Exchange((user("ab"), says("cd"))).tokens == 1
    assert _Exchange((user("ééé"), says(""))).tokens == 2


def test_tokens_of_calls_count_too() -> None:
    call = ToolCall(id="1234", name="search", arguments='{"q": 1234}')
    asks = Message(role="assistant", content="", tool_calls=(call,))
    assert _Exchange((user(""), asks)).tokens == -(-len('search{"q": 1234}') // 4)


async def test_what_is_judged_stands_in_the_whole_transcript_whatever_was_sent() -> None:
    call = replace(order(), id="1")
    planned = a_talk(
        "one", "two", "three", stubs={"get_order": "due on Monday"}, window=Window(turns=0)
    )
    looked = a_completion("", finish=Finish.TOOL, tool_calls=(call,))
    turns, requests, _ = await talk(planned, looked, "1", "2", "3")
    assert requests[-1].messages == (SYSTEM, user("three"))
    [asked, looking, found, *later] = turns[2].transcript
    assert (asked, looking.tool_calls, found.content) == (user("one"), (call,), "due on Monday")
    assert later == [says("1"), user("two"), says("2"), user("three")]
    assert turns[0].transcript == (asked, looking, found)


async def test_a_transcript_outlives_the_state_of_the_subject() -> None:
    turns, _, _ = await talk(a_talk("one", "two", "three", ttl_turns=1), "1", "2", "3")
    said = (user("one"), says("1"), user("two"), says("2"), user("three"))
    assert turns[2].transcript == said


async def test_examples_of_the_prompt_were_never_said() -> None:
    planned = a_talk("one")
    shots = (SYSTEM, user("an example"), says("its answer"))
    planned = replace(planned, request=replace(planned.request, messages=(*shots, user("one"))))
    turns, _, _ = await talk(planned, "1")
    assert turns[0].transcript == (user("one"),)


async def test_a_fixed_transcript_was_said() -> None:
    fixed = (user("one"), says("1"), user("two"))
    planned = a_talk(messages=fixed)
    planned = replace(planned, request=replace(planned.request, messages=(SYSTEM, *fixed)))
    turns, _, _ = await talk(planned, "2")
    assert turns[0].transcript == (SYSTEM, *fixed)


async def test_a_model_forgets_after_so_many_turns() -> None:
    planned = a_talk("one", "two", "three", "four", ttl_turns=2)
    _, requests, conversation = await talk(planned, "1", "2", "3", "4")
    assert requests[1].messages == (SYSTEM, user("one"), says("1"), user("two"))
    assert requests[2].messages == (SYSTEM, user("three"))
    assert requests[3].messages == (SYSTEM, user("three"), says("3"), user("four"))
    assert [turn.conversation for turn in conversation.turns] == [0, 0, 1, 1]


async def test_an_agent_keeps_its_conversation_until_it_is_to_forget() -> None:
    planned = a_talk("one", "two", "three", agent=True, ttl_turns=2)
    _, requests, _ = await talk(planned, "1", "2", "3")
    ids = [request.agent.conversation for request in requests if request.agent]
    assert ids == ["run-0", "run-0", "run-1"]
    assert [request.messages for request in requests] == [
        (user("one"),),
        (user("one"), says("1"), user("two")),
        (user("three"),),
    ]


async def test_a_window_holds_for_the_messages_that_an_agent_is_given() -> None:
    planned = a_talk("one", "two", "three", agent=True, window=Window(turns=1))
    _, requests, _ = await talk(planned, "1", "2", "3")
    assert requests[2].messages == (user("two"), says("2"), user("three"))


async def test_a_turn_is_judged_with_its_own_input_and_variables() -> None:
    planned = a_talk("one", "two", vars={"lang": "en", "tone": "kind"})
    first, second = planned.case.turns
    turns = (first, replace(second, vars={"lang": "de"}))
    planned = replace(planned, case=replace(planned.case, turns=turns))
    answered, _, _ = await talk(planned, "1", "2")
    assert [(turn.case.input, turn.case.vars) for turn in answered] == [
        ("one", {"lang": "en", "tone": "kind"}),
        ("two", {"lang": "de", "tone": "kind"}),
    ]
    assert case_in_turn(a_case(), 0) == a_case()


async def test_the_whole_conversation_has_the_last_answer_and_the_sums() -> None:
    bills = [a_bill("0.1", 3, text="1", tool_calls=(search(),)), a_bill("0.2", 4, text="2")]
    answered, _, conversation = await talk(a_talk("one", "two"), *bills)
    assert answered[0].whole is None
    whole = answered[1].whole
    assert whole == conversation.completion
    assert whole is not None
    assert (whole.text, whole.tool_calls) == ("2", ())
    assert whole.usage == Usage(input_tokens=7, output_tokens=2)
    assert (whole.cost.usd, whole.latency_s) == (Decimal("0.3"), 1.0)
    assert answered[1].completion == bills[1]


def test_the_steps_of_a_turn_are_one_answer() -> None:
    steps = [
        a_bill("0.1", 3, text="I look", tool_calls=(search("a"),), cached=True),
        a_bill("0.0", 0, text=" \n", finish=Finish.TOOL),
        a_bill("0.2", 4, text="Done", model="other", tool_calls=(search("b"),)),
    ]
    answer = merged(steps)
    assert (answer.text, answer.finish, answer.model) == ("Done", Finish.STOP, "other")
    assert answer.tool_calls == (search("a"), search("b"))
    assert answer.said == ("I look",)
    assert answer.usage == Usage(input_tokens=7, output_tokens=3)
    assert (answer.cost.usd, answer.latency_s, answer.cached) == (Decimal("0.3"), 1.5, False)


def test_tokens_that_one_step_does_not_tell_are_not_known() -> None:
    assert summed([a_bill("0.1", 3), a_bill("0.2", None)]).usage is None


@pytest.mark.parametrize(
    ("cached", "together"), [([True, True], True), ([True, False], False), ([False], False)]
)
def test_an_answer_was_recorded_when_all_of_it_was(cached: list[bool], together: bool) -> None:
    assert summed([a_bill("0", 1, cached=one) for one in cached]).cached is together


def test_every_model_that_stood_in_for_some_of_it_is_told() -> None:
    azure, groq = a_bill("1", 1, answered_by="azure/a"), a_bill("1", 1, answered_by="groq/b")
    own = a_bill("1", 1)
    assert summed([own, own]).answered_by is None
    assert summed([azure, own]).answered_by == "azure/a"
    turn = merged([azure, groq, own])
    assert turn.answered_by == "azure/a, groq/b"
    assert summed([turn, azure]).answered_by == "azure/a, groq/b"


def test_calls_without_a_price_are_counted() -> None:
    unpriced = a_bill("0", None, cost=Cost(unpriced_calls=1))
    assert summed([unpriced, a_bill("0.1", 1), unpriced]).cost.unpriced_calls == 2


async def test_an_agent_that_failed_has_failed_the_turn() -> None:
    crash = a_completion("", failure="exit code 3: no such table")
    answered, requests, _ = await talk(a_talk("one", "two", agent=True), crash, "2")
    [verdict] = answered[0].findings
    assert (verdict.kind, verdict.passed, verdict.turn) == ("agent", False, 0)
    assert verdict.reason == "the agent failed: exit code 3: no such table"
    assert verdict.location == a_place(20)
    assert answered[1].findings == ()
    assert len(requests) == 2


@pytest.mark.parametrize(
    ("in_turn", "in_case", "is_excused"),
    [
        (["expectedCategory"], [], True),
        ([], ["expectedCategory"], True),
        (["mustContain"], ["mustContain"], False),
        (["advisory"], [], False),
    ],
)
async def test_a_failure_is_what_a_category_was_expected_of(
    in_turn: list[str], in_case: list[str], is_excused: bool
) -> None:
    def specs(kinds: list[str]) -> tuple[object, ...]:
        return tuple(
            a_spec("expectedCategory", advisory=True) if kind == "advisory" else a_spec(kind)
            for kind in kinds
        )

    planned = a_talk("one", agent=True, assertions=specs(in_case))
    turn = replace(planned.case.turns[0], assertions=specs(in_turn))  # type: ignore[arg-type] # specs
    planned = replace(planned, case=replace(planned.case, turns=(turn,)))
    [answered], _, _ = await talk(planned, a_completion("", failure="it broke"))
    assert (answered.findings == ()) is is_excused


async def test_a_category_of_the_last_turn_excuses_no_turn_before_it() -> None:
    planned = a_talk("one", "two", agent=True, assertions=(a_spec("expectedCategory"),))
    crash = a_completion("", failure="it broke")
    answered, _, _ = await talk(planned, crash, crash)
    assert [len(turn.findings) for turn in answered] == [1, 0]


async def test_an_agent_that_the_meter_stopped_was_looping() -> None:
    looping = a_completion("sorry", stopped_after=6, tool_calls=(search(),) * 6)
    [turn], _, _ = await talk(a_talk("one", agent=True, max_steps=6), looping)
    [verdict] = turn.findings
    assert (verdict.kind, verdict.turn) == ("maxSteps", 0)
    assert verdict.reason == (
        'stopped after 6 steps: called search 6 times, always as search(q: "lamp")'
    )


async def test_an_agent_that_the_meter_stopped_may_have_called_no_tools() -> None:
    [turn], _, _ = await talk(a_talk("one", agent=True), a_completion("", stopped_after=8))
    assert [verdict.reason for verdict in turn.findings] == ["stopped after 8 steps"]


async def test_stubs_are_for_models_and_an_agent_calls_its_own_tools() -> None:
    called = a_completion("Hi", tool_calls=(order("812"), ToolCall(id="", name="f", arguments="{")))
    planned = a_talk("one", agent=True, stubs={"get_order": "40"}, max_steps=2)
    [turn], requests, _ = await talk(planned, called)
    assert len(requests) == 1
    assert turn.findings == ()


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        (None, None),
        (("search", "get_order"), None),
        (
            ("get_order",),
            "search(q: \"lamp\"): there is no tool 'search', only get_order (2 times)",
        ),
        ((), "search(q: \"lamp\"): there is no tool 'search' (2 times)"),
    ],
)
async def test_a_tool_that_the_configuration_does_not_know_fails_its_agent(
    declared: tuple[str, ...] | None, reason: str | None
) -> None:
    calls = (search(), order(), search()) if declared != () else (search(), search())
    planned = replace(a_talk("one", "two", agent=True), agent_tools=declared)
    answered, _, _ = await talk(planned, a_completion("Hi", tool_calls=calls), "2")
    found = [(v.kind, v.reason, v.turn) for turn in answered for v in turn.findings]
    assert found == ([] if reason is None else [("tools", reason, 0)])


@pytest.mark.parametrize(("times", "kinds"), [(8, []), (9, ["maxSteps"])])
async def test_the_calls_of_an_unmetered_agent_are_counted(times: int, kinds: list[str]) -> None:
    calls = tuple(search(str(number)) for number in range(times))
    [turn], _, _ = await talk(a_talk("one", agent=True), a_completion("Hi", tool_calls=calls))
    assert [verdict.kind for verdict in turn.findings] == kinds


async def test_a_failure_that_an_agent_never_met_was_not_tried() -> None:
    faults = (a_fault_of("get_order"), a_fault_of("search"), a_fault_of(None, error="rateLimit"))
    planned = a_talk("one", "two", agent=True, faults=faults)
    first = a_completion("1", tool_calls=(search(),), met={"search": 1})
    answered, _, _ = await talk(planned, first, a_completion("2", met={}))
    assert answered[0].findings == ()
    assert [(v.kind, v.turn, v.location) for v in answered[1].findings] == [
        ("faults", None, a_place(30)),
        ("faults", None, a_place(30)),
    ]
    assert [verdict.reason for verdict in answered[1].findings] == [
        "get_order was never called, so its failure (timeout) was not tried",
        "the provider was never asked, so its failure (rateLimit) was not tried",
    ]


async def test_a_call_alone_does_not_show_a_meter_that_the_tool_failed() -> None:
    """As when the agent keeps what the tool said to itself, or never called it."""
    planned = a_talk("one", agent=True, faults=(a_fault_of("get_order"),))
    called = a_completion("shipped", tool_calls=(order(),), met={})
    [turn], _, _ = await talk(planned, called)
    [verdict] = turn.findings
    assert (verdict.kind, verdict.passed, verdict.advisory) == ("faults", False, False)
    assert verdict.reason == (
        "get_order was called, but its failure (timeout) never reached the model"
    )


async def test_a_failure_that_came_in_an_earlier_turn_was_tried_whatever_the_agent_tells() -> None:
    """As when it tells of no calls, and later sends the history again in which the tool failed."""
    planned = a_talk("one", "two", agent=True, faults=(a_fault_of("get_order", times=1),))
    turns, requests, _ = await talk(
        planned, a_completion("1", met={"get_order": 1}), a_completion("2", met={})
    )
    assert [turn.findings for turn in turns] == [(), ()]
    assert [request.agent.faults for request in requests[1:] if request.agent] == [()]


async def test_what_an_agent_without_a_meter_was_told_is_advice_and_no_proof() -> None:
    faults = (a_fault_of("get_order"), a_fault_of("search"))
    planned = a_talk("one", agent=True, faults=faults)
    [turn], _, _ = await talk(planned, a_completion("Sorry", tool_calls=(order(),)))
    [told, untried] = turn.findings
    assert (told.kind, told.passed, told.advisory, told.location) == (
        "faults", None, True, a_place(30),
    )  # fmt: skip
    assert told.reason == "agent/bot was told that get_order fails; nothing shows whether it did"
    assert (untried.passed, untried.advisory) == (False, False)
    assert untried.reason == "search was never called, so its failure (timeout) was not tried"


async def test_failures_of_the_provider_are_counted_by_the_meter() -> None:
    planned = a_talk("one", agent=True, faults=(a_fault_of(None),))
    [turn], _, _ = await talk(planned, a_completion("fallback", provider_faults=1))
    assert turn.findings == ()


async def test_an_agent_is_asked_to_suffer_what_is_still_to_come() -> None:
    always, twice = a_fault_of("search"), a_fault_of("get_order", times=2)
    planned = a_talk("one", "two", "three", agent=True, faults=(always, twice))
    told = a_completion("1", tool_calls=(search(), order()))
    watched = a_completion("1", tool_calls=(order(), order()), met={"search": 1, "get_order": 1})
    for met in (told, watched):
        _, requests, _ = await talk(planned, met, met, "3")
        assert [request.agent.faults for request in requests if request.agent] == [
            (always, twice),
            (always, replace(twice, times=1)),
            (always,),
        ]


async def test_a_transcript_without_an_input_is_told_by_its_last_message() -> None:
    planned = a_talk(input=None)
    messages = (user("Hi"), says("Hello"), user("Bye"))
    planned = replace(planned, request=replace(planned.request, messages=messages))
    _, _, conversation = await talk(planned, "Bye")
    assert conversation.turns[0].input == "Bye"


async def test_nothing_need_be_sent_to_a_recording() -> None:
    planned = a_talk(input=None)
    planned = replace(planned, request=replace(planned.request, messages=()))
    [turn], requests, conversation = await talk(planned, "recorded")
    assert turn.completion.text == "recorded"
    assert requests[0].messages == ()
    assert conversation.turns[0].input == ""


def test_a_message_of_history_calls_no_tools() -> None:
    assert says("1") == Message(role="assistant", content="1")
