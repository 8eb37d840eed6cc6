"""Tests of what a run comes to where a prompt has no verdict."""

import pytest

from agentops_cli.diff.evaluated import Answers, CaseAnswers, EvalDiff
from agentops_cli.diff.judged import compared
from agentops_cli.diff.unjudged import unjudged
from agentops_cli.errors import ExitCode
from agentops_cli.model.finding import Severity
from tests.reporters.diff.made import a_change, a_prompt

YES, NONE = Answers(passed=True), Answers(passed=None)
APART = Answers(passed=None, gates=False)
PROMPT = a_prompt(a_change("text"))
OK, EMPTY, LOST = ExitCode.OK, ExitCode.EMPTY, ExitCode.UNREACHABLE


def _told(*pairs: tuple[Answers, Answers]) -> EvalDiff:
    cases = (
        CaseAnswers(suite="a.yaml", case=f"c{at}", models=("m", "m"), before=before, after=after)
        for at, (before, after) in enumerate(pairs)
    )
    return EvalDiff(models=compared(cases))


JUDGED, ERRORED = _told((YES, YES), (YES, NONE)), _told((YES, NONE), (APART, YES))
ASIDE, SKIPPED = _told((APART, APART)), EvalDiff()


@pytest.mark.parametrize("ended", [OK, EMPTY])
@pytest.mark.parametrize(
    ("told", "code", "allowed"),
    [
        ((ERRORED,), LOST, LOST),
        ((ASIDE,), EMPTY, OK),
        ((SKIPPED,), EMPTY, OK),
        ((JUDGED, SKIPPED), EMPTY, OK),
        ((JUDGED, ERRORED), LOST, LOST),
        ((ASIDE, ERRORED), LOST, LOST),
    ],
)
def test_a_prompt_without_a_verdict_is_no_yes(
    ended: ExitCode, told: tuple[EvalDiff, ...], code: ExitCode, allowed: ExitCode
) -> None:
    for allow_empty, wanted in ((False, code), (True, allowed)):
        found = unjudged(
            ended, [PROMPT] * len(told), dict(enumerate(told)), allow_empty=allow_empty
        )
        assert found.code is wanted
        assert len(found.problems) == sum(each.verdict is None for each in told)
        is_error = any(each.severity is Severity.ERROR for each in found.problems)
        assert is_error is (wanted is not OK)


def test_where_each_prompt_was_judged_the_run_ends_as_it_did() -> None:
    for ended in ExitCode:
        found = unjudged(ended, [PROMPT], {0: JUDGED}, allow_empty=False)
        assert (found.code, found.problems) == (ended, ())


@pytest.mark.parametrize("ended", [ExitCode.STOPPED, ExitCode.UNREACHABLE, ExitCode.INTERRUPTED])
def test_a_run_that_ended_for_another_reason_keeps_it(ended: ExitCode) -> None:
    found = unjudged(ended, [PROMPT], {0: SKIPPED}, allow_empty=True)
    assert (found.code, found.problems) == (ended, ())
