import pytest

from agentops_cli.diff.evaluated import Evaluation, Verdict
from agentops_cli.diff.outcome import FailOn, code_of
from agentops_cli.diff.values import PromptDiff
from agentops_cli.errors import ExitCode
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.prompt.change_kinds import Bump
from tests.reporters.diff.made import a_change, a_problem, a_prompt, a_report, an_eval_diff

BREAKING = a_prompt(a_change("input-removed"), required=Bump.MAJOR, actual=Bump.MAJOR)
RISKY = a_prompt(a_change("text"))
SAFE = a_prompt(a_change("meta"), required=None)
TOO_LOW = a_prompt(a_change("input-added"), required=Bump.MINOR, actual=Bump.PATCH)
OK, NO, INPUT = ExitCode.OK, ExitCode.REJECTED, ExitCode.INPUT
WARNING = Finding(rule="x", message="x", location=None, severity=Severity.WARNING)


@pytest.mark.parametrize("fail_on", [None, "breaking", "risky", "bump"])
@pytest.mark.parametrize("is_asked", [False, True])
def test_nothing_that_differs_is_a_yes(fail_on: FailOn | None, is_asked: bool) -> None:
    assert code_of(a_report(), fail_on=fail_on, is_asked=is_asked) is OK


@pytest.mark.parametrize(
    ("prompt", "fail_on", "code"),
    [
        (BREAKING, None, OK),
        (BREAKING, "breaking", NO),
        (BREAKING, "risky", NO),
        (BREAKING, "bump", OK),
        (RISKY, "breaking", OK),
        (RISKY, "risky", NO),
        (SAFE, "risky", OK),
        (TOO_LOW, "risky", OK),
        (TOO_LOW, "bump", NO),
        (TOO_LOW, None, OK),
    ],
)
def test_a_change_is_a_no_where_it_is_as_grave_as_was_asked(
    prompt: PromptDiff, fail_on: FailOn | None, code: ExitCode
) -> None:
    assert code_of(a_report(SAFE, prompt), fail_on=fail_on, is_asked=False) is code


def test_any_change_is_a_no_where_it_was_asked_whether_there_is_one() -> None:
    assert code_of(a_report(SAFE), fail_on=None, is_asked=True) is NO
    assert code_of(a_report(SAFE), fail_on="breaking", is_asked=True) is NO


@pytest.mark.parametrize("fail_on", [None, "breaking", "risky", "bump"])
@pytest.mark.parametrize("is_asked", [False, True])
def test_what_could_not_be_compared_is_never_a_yes(fail_on: FailOn | None, is_asked: bool) -> None:
    report = a_report(problems=(a_problem(),))
    assert code_of(report, fail_on=fail_on, is_asked=is_asked) is INPUT


def _shown(verdict: Verdict | None) -> PromptDiff:
    return a_prompt(a_change("text"), evaluated=an_eval_diff(verdict=verdict))


@pytest.mark.parametrize(
    ("verdict", "code"), [("worse", NO), ("not shown", OK), ("better", OK), (None, OK)]
)
def test_a_version_that_is_shown_to_be_worse_is_a_no_where_that_was_asked(
    verdict: Verdict | None, code: ExitCode
) -> None:
    report = a_report(SAFE, _shown(verdict), evaluation=Evaluation(code=OK))
    assert code_of(report, fail_on="worse", is_asked=False) is code
    assert code_of(report, fail_on=None, is_asked=False) is OK


@pytest.mark.parametrize("ended", [ExitCode.STOPPED, ExitCode.UNREACHABLE, ExitCode.EMPTY])
def test_a_run_that_did_not_come_to_its_end_is_no_yes_and_a_certain_no(ended: ExitCode) -> None:
    run = Evaluation(code=ended)
    for verdict in ("not shown", None):
        report = a_report(_shown(verdict), evaluation=run)
        assert code_of(report, fail_on="worse", is_asked=False) is ended
        assert code_of(report, fail_on=None, is_asked=False) is ended
    worse = a_report(_shown("worse"), evaluation=run)
    assert code_of(worse, fail_on="worse", is_asked=False) is NO


def test_an_interrupted_run_is_nothing_else() -> None:
    report = a_report(_shown("worse"), evaluation=Evaluation(code=ExitCode.INTERRUPTED))
    assert code_of(report, fail_on="worse", is_asked=True) is ExitCode.INTERRUPTED


def test_a_no_is_certain_whatever_else_could_not_be_compared() -> None:
    report = a_report(BREAKING, problems=(a_problem(),))
    assert code_of(report, fail_on="breaking", is_asked=False) is NO
    assert code_of(report, fail_on=None, is_asked=True) is NO
    assert code_of(report, fail_on=None, is_asked=False) is INPUT


def test_a_warning_leaves_the_verdict_as_it_is() -> None:
    assert code_of(a_report(problems=(WARNING,)), fail_on="risky", is_asked=True) is OK
