"""Who answered in place of a model, and how cascades were decided, in the words of all reports."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from agentops_cli.model.result import Cascaded, CaseResult, Outcome, StoodIn, Tally, TrialResult
from agentops_cli.reporters.account import account_of
from agentops_cli.reporters.answerers import (
    cascades_of,
    words_of_cascade,
    words_of_cascades,
    words_of_stand_ins,
)
from agentops_cli.reporters.junit import JUnit
from agentops_cli.reporters.markdown import Markdown
from tests.builders import (
    Evaluation,
    a_case_result,
    a_completion,
    a_fault,
    a_lost_trial,
    a_lost_verdict,
    a_run,
    a_suite_result,
    a_trial,
    a_verdict,
    an_errored_trial,
    an_evaluation,
)
from tests.reporters.test_run_json import result_of
from tests.reporters.written import written

GPT, AZURE = "openai/gpt-4o", "azure/gpt-4o"
SMALL, LARGE = "openai/mini", GPT
LABEL = f"{SMALL}>{LARGE}"


def a_case_on(model: str, judged: int, **changes: Any) -> CaseResult:
    tally = Tally(passed=judged, answered=judged + 1, errored=1)
    return a_case_result(model=model, tally=tally, **changes)


def stood_in(trials: int, asked: str = GPT, answered_by: str = AZURE) -> tuple[StoodIn, ...]:
    return (StoodIn(asked=asked, answered_by=answered_by, trials=trials),)


def test_a_run_in_which_every_model_answered_itself_has_nothing_to_say() -> None:
    run = a_run()
    assert [*words_of_stand_ins(run), *words_of_cascades(run)] == []


def test_stand_ins_are_counted_over_all_suites_and_held_against_judged_trials() -> None:
    run = a_run(
        a_suite_result(a_case_on(GPT, 60, stood_in=stood_in(7))),
        a_suite_result(a_case_on(GPT, 40, stood_in=stood_in(5)), a_case_on(SMALL, 3)),
    )
    assert [*words_of_stand_ins(run)] == [
        "azure/gpt-4o stood in for openai/gpt-4o in 12 of 100 judged trials"
    ]


def test_the_name_of_a_stand_in_is_no_line_of_its_own() -> None:
    hostile = stood_in(1, answered_by="x\n::error file=a.py::b")
    [words] = words_of_stand_ins(a_run(a_suite_result(a_case_on(GPT, 1, stood_in=hostile))))
    assert words.startswith("x⏎::error file=a.py::b stood in for openai/gpt-4o")


def test_a_stand_in_of_a_cascade_is_held_against_the_trials_that_its_model_was_asked_in() -> None:
    cascade = Cascaded(small=8, large=2)
    others = (*stood_in(2), *stood_in(9, SMALL, "azure/mini"))
    run = a_run(a_suite_result(a_case_on(LABEL, 10, cascade=cascade, stood_in=others)))
    assert [*words_of_stand_ins(run)] == [
        "azure/gpt-4o stood in for openai/gpt-4o in 2 of 2 judged trials",
        "azure/mini stood in for openai/mini in 9 of 10 judged trials",
    ]


@pytest.mark.parametrize(
    ("cascade", "words"),
    [
        (
            Cascaded(small=88, large=12, saved_usd=Decimal("0.0123")),
            (
                "of 100 judged trials openai/mini decided 88 and openai/gpt-4o 12; "
                "$0.0123 saved against asking openai/gpt-4o for everything (an estimate)"
            ),
        ),
        (
            Cascaded(large=1, saved_usd=Decimal("-0.004")),
            (
                "of 1 judged trial openai/mini decided 0 and openai/gpt-4o 1; "
                "$0.004 lost against asking openai/gpt-4o for everything (an estimate)"
            ),
        ),
        (
            Cascaded(small=3, saved_usd=Decimal(0)),
            (
                "of 3 judged trials openai/mini decided 3 and openai/gpt-4o 0; "
                "$0 saved against asking openai/gpt-4o for everything (an estimate)"
            ),
        ),
        (
            Cascaded(small=3, saved_usd=Decimal(2), unestimated=1),
            (
                "of 3 judged trials openai/mini decided 3 and openai/gpt-4o 0; "
                "$2.00 saved against asking openai/gpt-4o for everything (an estimate, "
                "without 1 trial of which a price or the tokens are not known)"
            ),
        ),
        (
            Cascaded(small=2, large=1, unestimated=3),
            (
                "of 3 judged trials openai/mini decided 2 and openai/gpt-4o 1; "
                "what that saved cannot be estimated: a price or the tokens are not known"
            ),
        ),
    ],
)
def test_what_a_cascade_saved_is_called_an_estimate(cascade: Cascaded, words: str) -> None:
    assert words_of_cascade(LABEL, cascade) == f"{LABEL}: {words}"


def test_a_cascade_in_two_suites_is_one() -> None:
    one = Cascaded(small=1, saved_usd=Decimal(1))
    run = a_run(
        a_suite_result(a_case_on(LABEL, 1, cascade=one)),
        a_suite_result(a_case_on(LABEL, 1, cascade=one)),
    )
    assert cascades_of(run) == {LABEL: one + one}


def a_cascade_of_cases() -> Evaluation:
    """A suite on a cascade whose one case was escalated, by a stand-in for the small model."""
    tried = a_lost_trial(
        model=LABEL,
        tier=SMALL,
        completion=a_completion("wrong", answered_by=AZURE),
        verdicts=(a_verdict(), a_lost_verdict(reason="'x' is not in it")),
    )
    trial = a_trial(model=LABEL, tier=LARGE, tried=tried, saved_usd=Decimal("-0.5"))
    case = a_case_result(
        [trial],
        model=LABEL,
        cascade=Cascaded(large=1, saved_usd=Decimal("-0.5")),
        stood_in=stood_in(1, SMALL),
    )
    return an_evaluation(a_suite_result(case), trials=[[trial]])


def test_the_result_has_both_answers_and_fits_its_schema() -> None:
    [suite] = result_of(a_cascade_of_cases())["suites"]
    figures = {"small": 0, "large": 1, "savedUsd": "-0.5", "unestimated": 0}
    assert suite["cascades"] == {LABEL: figures}
    [case] = suite["cases"]
    assert case["cascade"] == figures
    assert case["stoodIn"] == [{"asked": SMALL, "answeredBy": AZURE, "trials": 1}]
    [trial] = case["trials"]
    assert (trial["tier"], trial["savedUsd"], trial["answeredBy"]) == (LARGE, "-0.5", None)
    tried = trial["tried"]
    assert (tried["output"], tried["tier"], tried["answeredBy"]) == ("wrong", SMALL, AZURE)


def test_markdown_and_junit_say_the_same() -> None:
    evaluation = a_cascade_of_cases()
    lost = "$0.50 lost against asking openai/gpt-4o for everything (an estimate)"
    stood = "azure/gpt-4o stood in for openai/mini in 1 of 1 judged trial"
    markdown = written(Markdown(), evaluation)
    assert lost in markdown
    assert f"- `{stood}`" in markdown
    root = ET.fromstring(written(JUnit(), evaluation))  # noqa: S314 # Our own report.
    properties = {p.get("name"): p.get("value") for p in root.iter("property")}
    assert lost in str(properties["cascade"])
    assert properties["stood_in"] == "azure/gpt-4o for openai/mini in 1"
    said = root.findtext(".//system-out") or ""
    assert "[[PROPERTY|answered_by=openai/gpt-4o]]" in said
    assert "openai/gpt-4o was asked after openai/mini: it failed" in said


def test_who_answered_is_told_where_a_stand_in_did_in_some_repeats() -> None:
    trials = [a_trial(completion=a_completion(answered_by=AZURE)), a_trial(repeat=1)]
    case = a_case_result(trials, outcome=Outcome.PASSED)
    root = ET.fromstring(  # noqa: S314 # Our own report.
        written(JUnit(), an_evaluation(a_suite_result(case), trials=[trials]))
    )
    assert "[[PROPERTY|answered_by=azure/gpt-4o, openai/gpt-4o-mini]]" in (
        root.findtext(".//system-out") or ""
    )


@pytest.mark.parametrize(
    ("tried", "why"),
    [
        (
            a_lost_trial(verdicts=(a_verdict(), a_lost_verdict(turn=1))),
            "it failed: turn 2: mustContain: 'acceptance criteria' is not in the answer",
        ),
        (
            a_trial(verdicts=(a_verdict(), a_verdict(kind="rubric", reason="0.71", unsure=True))),
            "it was not sure: rubric: 0.71",
        ),
        (
            an_errored_trial(verdicts=(a_verdict(passed=None, reason="cannot tell"),)),
            "it was not sure: mustContain: cannot tell",
        ),
        (a_lost_trial(verdicts=(), fault=a_fault()), "it failed"),
    ],
)
def test_an_account_says_why_the_large_model_was_asked(tried: TrialResult, why: str) -> None:
    trial = a_trial(tier=LARGE, tried=replace(tried, tier=SMALL))
    case = a_case_result([trial])
    assert [*account_of(case, [trial])] == [
        f"{case.case.location}: openai/gpt-4o was asked after openai/mini: {why}"
    ]
