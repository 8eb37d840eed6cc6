import pytest

from agentops_cli.errors import ExitCode
from agentops_cli.model.result import Outcome, Tally
from tests.builders import a_case_result, a_run, a_suite_result


@pytest.mark.parametrize(
    ("stopped", "unreached", "who"),
    [
        (3, 0, "The budget"),
        (3, 3, "The breaker"),
        (3, 1, "Budget and breaker"),
        (0, 0, "Budget or breaker"),
    ],
)
def test_a_run_that_was_stopped_says_by_what(stopped: int, unreached: int, who: str) -> None:
    tally = Tally(errored=3, stopped=stopped, unreached=unreached)
    case = a_case_result(outcome=Outcome.ERRORED, tally=tally)
    run = a_run(a_suite_result(case), exit_code=ExitCode.STOPPED)
    assert run.meaning == f"{who} ended the run early, so a verdict would be a guess."


def test_any_other_end_is_said_as_everywhere() -> None:
    assert a_run(exit_code=ExitCode.UNREACHABLE).meaning == ExitCode.UNREACHABLE.meaning
