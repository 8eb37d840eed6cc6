"""What a diff comes to: the exit code that its readers asked for."""

from typing import Final, Literal

from agentops_cli.diff.values import DiffReport, PromptDiff
from agentops_cli.errors import ExitCode
from agentops_cli.model.finding import Severity
from agentops_cli.prompt.change_kinds import Level

FailOn = Literal["breaking", "risky", "bump", "worse"]
"""What makes it a no: a change as grave as that, a version that did not go up far enough, or one
that is shown to do worse on its cases."""

_LEVELS: Final[dict[FailOn, frozenset[Level]]] = {
    "breaking": frozenset({"breaking"}),
    "risky": frozenset({"breaking", "risky"}),
    "bump": frozenset(),
    "worse": frozenset(),
}


def code_of(report: DiffReport, *, fail_on: FailOn | None, is_asked: bool) -> ExitCode:
    """The exit code. Where nothing was asked for, all that could be compared is a yes.

    `is_asked` wants to know whether anything differs at all. A no is certain whatever else could
    not be compared; without one, a file that could not be is never taken for one without changes.
    Versions that were put to their cases are a yes only where that run came to its end.
    """
    ended = report.evaluation.code if report.evaluation else ExitCode.OK
    if ended is ExitCode.INTERRUPTED:
        return ended
    is_rejected = bool(report.prompts) if is_asked else False
    if fail_on is not None:
        is_rejected = is_rejected or any(_fails(each, fail_on) for each in report.prompts)
    if is_rejected:
        return ExitCode.REJECTED
    if ended is not ExitCode.OK:
        return ended
    is_whole = all(each.severity is not Severity.ERROR for each in report.problems)
    return ExitCode.OK if is_whole else ExitCode.INPUT


def _fails(prompt: PromptDiff, fail_on: FailOn) -> bool:
    if fail_on == "bump":
        return not prompt.versioning.is_enough
    if fail_on == "worse":
        return prompt.evaluated is not None and prompt.evaluated.verdict == "worse"
    return prompt.level in _LEVELS[fail_on]
