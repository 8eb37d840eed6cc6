import pytest
from hypothesis import given, settings

from agentops_cli.model.result import TrialResult
from agentops_cli.reporters.dialogue import (
    calls_of,
    dialogue_of,
    is_dialogue,
    telling_turns,
)
from agentops_cli.reporters.wording import visible
from tests.builders import (
    HOSTILE,
    a_case_of_turns,
    a_case_result,
    a_completion,
    a_conversation,
    a_lost_verdict,
    a_tool_call,
    a_trial,
    a_turn,
    an_errored_trial,
)
from tests.strategies import trials

TALK = a_case_result(case=a_case_of_turns("Where is my order 0812?", "When?"))
PLAIN = a_case_result()


def told(trial: TrialResult, *, talk: bool = True, limit: int = 200) -> list[str]:
    return [str(line) for line in dialogue_of(TALK if talk else PLAIN, trial, limit=limit)]


def test_a_conversation_is_told_turn_by_turn() -> None:
    assert told(a_conversation()) == [
        "turn 1, user: Where is my order 0812?",
        'turn 1, called: get_order(id: "0812")',
        "turn 1, answer: It is shipped.",
        "turn 2, user: When?",
        "turn 2, answer: On Friday.",
    ]


def test_a_tool_loop_is_told_by_its_calls_and_its_answer() -> None:
    assert told(a_trial(turns=(a_turn(),)), talk=False) == [
        'called: get_order(id: "0812")',
        "answer: It is shipped.",
    ]


def test_what_was_said_beside_the_calls_comes_before_them() -> None:
    answer = a_completion("It is 40.", said=("I look.", "And\nagain."), tool_calls=(a_tool_call(),))
    assert told(a_trial(turns=(a_turn(completion=answer),)), talk=False) == [
        "said first: I look.⏎And⏎again.",
        'called: get_order(id: "0812")',
        "answer: It is 40.",
    ]


def test_a_call_that_is_judged_as_it_is_comes_before_an_empty_answer() -> None:
    answer = a_completion("", tool_calls=(a_tool_call(),))
    assert told(a_trial(completion=answer), talk=False) == [
        'called: get_order(id: "0812")',
        "answer: (empty)",
    ]


def test_calls_that_follow_each_other_and_are_the_same_are_counted() -> None:
    other = a_tool_call("search", arguments='{"q": "lamp"}')
    calls = (a_tool_call(), a_tool_call(id="call_2"), other, a_tool_call())
    [line, _] = told(a_trial(completion=a_completion(tool_calls=calls)), talk=False)
    assert line == (
        'called: get_order(id: "0812") 2 times, search(q: "lamp"), get_order(id: "0812")'
    )


def test_a_conversation_of_which_one_turn_was_answered_is_still_one() -> None:
    assert told(an_errored_trial(turns=(a_turn(),)))[0].startswith("turn 1, user: ")


def test_where_the_state_was_dropped_is_told() -> None:
    turns = (a_turn(), a_turn("When?", conversation=1), a_turn("Why?", conversation=1))
    users = [line for line in told(a_conversation(*turns)) if "user" in line]
    assert users == [
        "turn 1, user: Where is my order 0812?",
        "turn 2, user (conversation begun anew): When?",
        "turn 3, user: Why?",
    ]


@pytest.mark.parametrize("text", ["", "HTTP 500", " HTTP 500\n"])
def test_an_answer_that_is_in_the_failure_is_not_told_twice(text: str) -> None:
    answer = a_completion(text, failure="the server said: HTTP 500")
    assert told(a_trial(completion=answer)) == ["failed: the server said: HTTP 500"]


def test_what_an_agent_gave_although_it_failed_is_told() -> None:
    answer = a_completion("Half an answer", failure="exit code 3")
    assert told(a_trial(completion=answer)) == ["failed: exit code 3", "answer: Half an answer"]


def test_nothing_is_told_of_a_trial_without_an_answer() -> None:
    assert told(an_errored_trial()) == []


def test_chosen_turns_keep_their_numbers() -> None:
    lines = dialogue_of(TALK, a_conversation(), limit=200, turns=(1,))
    assert [line.head for line in lines] == ["turn 2, user", "turn 2, answer"]


@given(trials)
@settings(deadline=None)
def test_each_line_is_one_visible_line(trial: TrialResult) -> None:
    for line in told(trial, limit=100):
        assert line == visible(line)
        assert "\n" not in line


def test_a_hostile_name_of_a_tool_is_only_text() -> None:
    call = a_tool_call(HOSTILE, arguments=HOSTILE)
    [line, _] = told(a_trial(completion=a_completion(tool_calls=(call,))))
    assert line.startswith("called: ␛[31mred␛[0m")
    assert line.isprintable()


@pytest.mark.parametrize(
    ("trial", "expected"),
    [
        (a_trial(), False),
        (an_errored_trial(), False),
        (a_conversation(), True),
        (a_trial(completion=a_completion(tool_calls=(a_tool_call(),))), True),
        (a_trial(completion=a_completion(failure="")), True),
        (an_errored_trial(turns=(a_turn(),)), True),
    ],
)
def test_a_dialogue_is_whatever_the_answer_alone_does_not_tell(
    trial: TrialResult, *, expected: bool
) -> None:
    assert is_dialogue(trial) is expected


@pytest.mark.parametrize(
    ("lost", "most", "expected"),
    [((), 2, [3, 2]), ((0,), 2, [0, 3]), ((1, 0), 3, [1, 0, 3]), ((None,), 1, [3]), ((2,), 9, 4)],
)
def test_the_turns_that_lost_tell_most_then_the_last_ones(
    lost: tuple[int | None, ...], most: int, expected: list[int] | int
) -> None:
    verdicts = tuple(a_lost_verdict(turn=turn) for turn in lost)
    trial = a_conversation(*[a_turn()] * 4, verdicts=verdicts)
    chosen = telling_turns(trial, most)
    if isinstance(expected, int):
        assert len(chosen) == expected
    else:
        assert sorted(chosen) == sorted(expected)


def test_the_calls_of_a_trial_are_those_of_all_its_turns() -> None:
    other = a_tool_call("search")
    turn = a_turn(completion=a_completion(tool_calls=(other, other)))
    assert [call.name for call in calls_of(a_conversation(a_turn(), turn))] == [
        "get_order", "search", "search",
    ]  # fmt: skip
    assert calls_of(a_trial(completion=a_completion(tool_calls=(other,)))) == (other,)
    assert calls_of(an_errored_trial()) == ()
