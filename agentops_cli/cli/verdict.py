"""What a command that wrote the reports of a run ends with."""

from collections.abc import Sequence

from agentops_cli.cli.screen import print_problem
from agentops_cli.errors import ExitCode
from agentops_cli.flows.report import ReportFailure
from agentops_cli.model.result import RunResult


def code_of(run: RunResult, failures: Sequence[ReportFailure], *, exit_zero: bool) -> ExitCode:
    """The exit code of a run; says which reports could not be written.

    Without one of them there is no yes. `exit_zero` makes 0 of a no, and of nothing else.
    """
    for failure in failures:
        print_problem(failure.error.message, failure.error.fix)
    if failures and run.exit_code is ExitCode.OK:
        print_problem("a report is missing, so this is no yes (exit 7)", None)
        return ExitCode.UNREACHABLE
    return ExitCode.OK if exit_zero and run.exit_code is ExitCode.REJECTED else run.exit_code
