from typing import Any

import pytest

from agentops_cli.assertions import BUILTIN, MAY_ASK_JUDGE, NEEDS_JUDGE
from agentops_cli.assertions.build import build
from agentops_cli.assertions.judged import may_ask_judge, most_questions, question_of
from agentops_cli.errors import InputError
from agentops_cli.judge.question import Material
from agentops_cli.model.call import Ask, Evidence, Finish, Verdict
from agentops_cli.model.judge import Judge
from agentops_cli.model.suite import AssertionSpec
from tests.assertions.conftest import KINDS, PLACE, judge_answer
from tests.builders import a_case, a_completion, a_request
from tests.judge.asking import Reply, a_judge, played, scored

FOREIGN = "Das kann ich leider nicht machen, bitte verstehen Sie das."


def a_spec(kind: str = "rubric", **changes: Any) -> AssertionSpec:
    args = changes.pop("args", {"value": "Gives a date."})
    return AssertionSpec(kind=kind, args=args, location=PLACE, **changes)


def opened(
    spec: AssertionSpec, answer: str = "On Monday.", judge: Judge | None = None, **changes: Any
) -> Verdict | Ask:
    evidence = Evidence(
        case=a_case(),
        request=a_request(),
        completion=a_completion(answer, **changes),
        judge=judge or a_judge(),
    )
    return build(spec, KINDS).check(evidence)


def verdict_of(spec: AssertionSpec, *replies: Reply, **changes: Any) -> Verdict:
    return played(opened(spec, **changes), replies)[0]


def test_a_rubric_asks_the_judge_and_takes_its_opinion() -> None:
    verdict = verdict_of(a_spec(), scored(0.9, "On Monday."))
    assert (verdict.kind, verdict.passed, verdict.score) == ("rubric", True, 0.9)
    assert verdict.location == PLACE
    assert verdict_of(a_spec(), scored(0.2)).passed is False


def test_its_own_threshold_beats_that_of_the_judge() -> None:
    spec = a_spec(args={"value": "Gives a date.", "threshold": 0.95})
    assert verdict_of(spec, scored(0.9)).passed is False
    assert verdict_of(spec, scored(0.95)).passed is True


def test_not_turns_an_opinion_round_and_no_opinion_into_nothing() -> None:
    spec = a_spec(negated=True)
    verdict = verdict_of(spec, scored(0.9))
    assert verdict.passed is False
    assert verdict.score == pytest.approx(0.1)
    assert verdict_of(spec, "?", "?").passed is None


def test_against_another_answer_is_asked_in_both_orders() -> None:
    spec = a_spec(args={"value": "Gives a date.", "against": "Soon."})
    a, b = ({"reason": "r", "evidence": "", "better": which} for which in ("A", "B"))
    assert verdict_of(spec, a, b).passed is True
    assert verdict_of(spec, b, a).passed is False
    assert verdict_of(spec, a, a).passed is None


@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize("answer", ["", " \n\t"])
def test_an_empty_answer_is_neither_good_nor_bad_and_costs_no_call(
    answer: str, negated: bool
) -> None:
    verdict = opened(a_spec(negated=negated), answer)
    assert isinstance(verdict, Verdict)
    assert (verdict.passed, verdict.reason) == (None, "cannot tell: the answer is empty")


@pytest.mark.parametrize("negated", [False, True])
def test_without_a_judge_nothing_passes(negated: bool) -> None:
    verdict = judge_answer("rubric", "On Monday.", {"value": "Gives a date."}, negated=negated)
    assert verdict.passed is None


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ({"value": ""}, "must not be empty"),
        ({"value": " "}, "the rubric is blank"),
        ({"value": 5}, "must be text"),
        ({}, "missing key 'value'"),
        ({"value": "r", "threshold": 0}, "must be more than 0"),
        ({"value": "r", "threshold": 1.5}, "must be at most 1"),
        ({"value": "r", "against": ""}, "must not be empty"),
        ({"value": "r", "against": "a", "threshold": 0.5}, "'against' compares two answers"),
        ({"value": "r", "judge": "m"}, "unknown key 'judge'"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(args: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError) as caught:
        judge_answer("rubric", "a", args)
    assert problem in str(caught.value)


def test_a_category_that_no_rule_can_tell_is_asked_of_the_judge() -> None:
    spec = a_spec("expectedCategory", args={"value": "refusal"})
    said = {"reason": "r", "evidence": "leider nicht", "category": "refusal"}
    verdict = verdict_of(spec, said, answer=FOREIGN)
    assert (verdict.kind, verdict.passed) == ("expectedCategory", True)
    assert verdict.reason.startswith("judge openai/gpt-4o: refusal: ")
    assert verdict_of(spec, {**said, "category": "success"}, answer=FOREIGN).passed is False


@pytest.mark.parametrize(
    ("answer", "finish"),
    [
        ("I'm sorry, but I can't help with that.", Finish.STOP),
        ("", Finish.STOP),
        ("", Finish.FILTERED),
        (FOREIGN, Finish.FILTERED),
    ],
)
def test_a_category_that_a_rule_can_tell_or_nobody_costs_no_call(
    answer: str, finish: Finish
) -> None:
    spec = a_spec("expectedCategory", args={"value": "refusal"})
    assert isinstance(opened(spec, answer, finish=finish), Verdict)


def test_of_an_empty_answer_nobody_is_advised_to_configure_the_judge_that_there_is() -> None:
    verdict = opened(a_spec("expectedCategory", args={"value": "refusal"}), " ")
    assert isinstance(verdict, Verdict)
    assert (verdict.passed, verdict.reason) == (None, "cannot tell: the answer is empty")


@pytest.mark.parametrize(
    ("kind", "args", "votes", "most"),
    [
        ("rubric", {"value": "r"}, 1, 2),
        ("rubric", {"value": "r"}, 3, 6),
        ("rubric", {"value": "r", "against": "a"}, 3, 12),
        ("expectedCategory", {"value": "success"}, 5, 10),
        ("mustContain", {"value": ["x"]}, 9, 0),
        ("somebodysPlugin", {}, 1, 2),
    ],
)
def test_how_often_an_assertion_asks_at_most(
    kind: str, args: dict[str, Any], votes: int, most: int
) -> None:
    assert most_questions(a_spec(kind, args=args), a_judge(votes=votes)) == most


def test_the_most_questions_are_what_the_worst_judge_is_asked() -> None:
    spec = a_spec(args={"value": "r", "against": "a"})
    judge = a_judge(votes=3)
    better = {"reason": "r", "evidence": "", "better": "A"}
    replies: list[Reply] = ["?", better] * 6
    _, asked = played(opened(spec, judge=judge), replies)
    assert len(asked) == most_questions(spec, judge)


@pytest.mark.parametrize(
    ("kind", "args", "words"),
    [
        ("rubric", {"value": "Gives a date."}, "Does the ANSWER meet the RUBRIC?"),
        ("rubric", {"value": "r", "against": "Soon."}, "Which answer meets the RUBRIC better?"),
        ("expectedCategory", {"value": "success"}, "Of what kind is the ANSWER?"),
    ],
)
def test_the_question_that_is_forecast_is_the_one_that_is_asked(
    kind: str, args: dict[str, Any], words: str
) -> None:
    spec = a_spec(kind, args=args)
    asked = opened(spec, FOREIGN)
    assert isinstance(asked, Ask)
    material = Material(answer=FOREIGN, input="Add a wishlist")
    forecast = question_of(spec, a_judge(), material)
    assert forecast.messages == asked.request.messages
    assert forecast.messages[1].content.endswith(words)


def test_the_kinds_that_ask_are_there() -> None:
    assert set(BUILTIN) >= MAY_ASK_JUDGE >= NEEDS_JUDGE
    assert not may_ask_judge(a_spec("similar"))
