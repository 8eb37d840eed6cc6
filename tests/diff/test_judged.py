"""Tests of what cases on both sides come to."""

from dataclasses import replace

import pytest

from agentops_cli.diff.evaluated import Answers, CaseAnswers, Ending, ModelDiff
from agentops_cli.diff.judged import compared
from agentops_cli.model.place import Location

YES, NO, NONE = Answers(passed=True), Answers(passed=False), Answers(passed=None)
APART = Answers(passed=None, gates=False)


def _case(before: Answers, after: Answers, *, model: str = "openai/m", at: int = 0) -> CaseAnswers:
    return CaseAnswers(
        suite="evals/a.yaml", case=f"c{at}", models=(model, model), before=before, after=after
    )


def _compared(*cases: tuple[Answers, Answers]) -> ModelDiff:
    [found] = compared(_case(*sides, at=at) for at, sides in enumerate(cases))
    return found


@pytest.mark.parametrize(
    ("before", "after", "ending"),
    [
        (YES, YES, "both pass"),
        (YES, NO, "broken"),
        (NO, YES, "fixed"),
        (NO, NO, "both fail"),
        (YES, NONE, "not judged"),
        (NONE, NO, "not judged"),
        (NONE, NONE, "not judged"),
        (APART, NO, "set aside"),
        (NO, APART, "set aside"),
        (NONE, APART, "set aside"),
    ],
)
def test_a_case_ends_by_what_came_of_it_on_both_sides(
    before: Answers, after: Answers, ending: Ending
) -> None:
    assert _case(before, after).ending == ending


@pytest.mark.parametrize(
    ("cases", "verdict"),
    [
        ([(YES, NO)] * 5, "worse"),
        ([(YES, NO)] * 4, "not shown"),
        ([(NO, YES)] * 5, "better"),
        ([(YES, NO)] * 6 + [(NO, YES)], "not shown"),
        ([(YES, NO)] * 8 + [(NO, YES)], "worse"),
        ([(YES, YES)] * 100, "not shown"),
        ([(YES, NONE)] * 100, None),
        ([(APART, NO)] * 100, None),
    ],
)
def test_a_verdict_needs_more_than_chance(
    cases: list[tuple[Answers, Answers]], verdict: str | None
) -> None:
    assert _compared(*cases).verdict == verdict


def test_what_has_no_verdict_on_one_side_changes_no_figure() -> None:
    clear = [(YES, NO)] * 5 + [(YES, YES)] * 5
    figured = replace(NONE, tokens=(9_999.0,), usd=(9.0,), latencies_s=(99.0,))
    more = _compared(*clear, *[(figured, figured)] * 20, *[(YES, APART)] * 3)
    alone = _compared(*clear)
    assert (more.not_judged, more.set_aside) == (20, 3)
    for name in ("pairs", "interval", "p", "sees", "verdict", "tokens", "usd", "p50_s"):
        assert getattr(more, name) == getattr(alone, name)


def test_each_model_is_judged_for_itself() -> None:
    cases = [_case(YES, NO, model="a", at=at) for at in range(5)]
    cases += [_case(YES, YES, model="b", at=at) for at in range(5)]
    found = compared(cases)
    assert [(each.models, each.verdict) for each in found] == [
        (("a", "a"), "worse"),
        (("b", "b"), "not shown"),
    ]


def test_broken_cases_come_first_and_say_what_failed() -> None:
    place = Location(path="evals/a.yaml", line=3)
    failed = replace(NO, why="contains: no", place=place)
    lost = replace(NONE, why="it timed out")
    found = _compared((lost, YES), (failed, failed), (failed, YES), (YES, failed), (YES, YES))
    assert [(each.ending, each.case, each.why) for each in found.cases] == [
        ("broken", "c3", "contains: no"),
        ("fixed", "c2", "contains: no"),
        ("both fail", "c1", "contains: no"),
        ("not judged", "c0", "before: it timed out"),
    ]
    assert found.cases[0].place == place


def test_figures_are_those_of_cases_that_were_measured_on_both_sides() -> None:
    live = replace(YES, tokens=(100.0,), usd=(0.1,), latencies_s=(1.0, 3.0), trials=1)
    recorded = replace(YES, tokens=(150.0,), usd=(0.2,), trials=1, recorded=1)
    slower = replace(live, latencies_s=(2.0, 4.0))
    found = _compared((live, recorded), (live, slower))
    assert found.tokens is not None
    assert (found.tokens.before, found.tokens.after, found.tokens.cases) == (100.0, 125.0, 2)
    assert found.p95_s is not None
    assert (found.p95_s.before, found.p95_s.after, found.p95_s.cases) == (3.0, 4.0, 1)
    assert (found.trials, found.recorded) == (4, 1)
