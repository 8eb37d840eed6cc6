from dataclasses import replace
from decimal import Decimal

import pytest

from agentops_cli.model.money import Cost
from agentops_cli.model.result import CaseResult, Outcome, Tally, TrialResult
from agentops_cli.run.recount import contradictions
from tests.builders import a_case, a_case_result, a_completion, a_lost_trial, a_trial

CASE = a_case(repeat=2, repeat_pass=1)
TRIALS = (
    a_trial(repeat=0, completion=a_completion()),
    a_lost_trial(repeat=1, completion=a_completion()),
)


def a_true_case() -> CaseResult:
    cost = sum((answer.cost for trial in TRIALS for answer in trial.answers), Cost())
    return a_case_result(
        case=CASE,
        outcome=Outcome.FLAKY,
        tally=Tally(passed=1, failed=1, answered=2),
        cost=cost,
        judge_cost=sum((trial.judge_cost for trial in TRIALS), Cost()),
        note=None,
    )


def told(case: CaseResult, trials: tuple[TrialResult, ...] = TRIALS) -> str:
    return "; ".join(contradictions(case, trials))


def test_a_case_that_follows_from_its_trials_contradicts_nothing() -> None:
    assert told(a_true_case()) == ""


def test_what_attempts_cost_that_were_made_again_is_no_contradiction() -> None:
    case = a_true_case()
    assert told(replace(case, cost=case.cost + Cost(usd=Decimal(1)))) == ""


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.FLAKY}))
def test_no_other_outcome_follows(outcome: Outcome) -> None:
    assert told(replace(a_true_case(), outcome=outcome)).startswith(f"it is {outcome}")


def test_a_quarantine_is_believed_that_tells_what_would_have_been() -> None:
    case = replace(a_true_case(), outcome=Outcome.QUARANTINED)
    assert told(replace(case, note="flaky, in quarantine until 2026-12-01: slow (@me)")) == ""
    assert told(replace(case, note="passed, in quarantine until 2026-12-01: slow (@me)")) != ""


@pytest.mark.parametrize(
    ("trials", "words"),
    [
        ((TRIALS[0], TRIALS[0]), "its trials are not its repeats"),
        ((TRIALS[0], replace(TRIALS[1], repeat=2)), "its trials are not its repeats"),
        ((TRIALS[0],), "its tally is not that of its trials"),
        (
            (TRIALS[0], replace(TRIALS[1], outcome=Outcome.PASSED)),
            "a trial is passed, and by its verdicts failed",
        ),
        (
            (replace(TRIALS[0], completion=None), TRIALS[1]),
            "a trial is passed, and by its verdicts errored",
        ),
        (
            (replace(TRIALS[0], judge_cost=Cost(usd=Decimal(99))), TRIALS[1]),
            "it cost less than its trials",
        ),
    ],
)
def test_what_cannot_be_is_told(trials: tuple[TrialResult, ...], words: str) -> None:
    assert words in told(a_true_case(), trials)
