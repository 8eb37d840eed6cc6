"""What happened to one case, told from its trials."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agentops_cli.model.call import Verdict
from agentops_cli.model.place import Location
from agentops_cli.model.result import CaseResult, Outcome, TrialResult
from agentops_cli.reporters.wording import one_line

REASON_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a case is not good, in one line.

    `kind` is that of the first assertion that was lost, or of the fault. `answer` is what came,
    None when nothing did; `repeat` counts from 0 and says in which trial.
    """

    kind: str
    message: str
    location: Location
    fix: str | None = None
    answer: str | None = None
    repeat: int = 0


def problem_of(case: CaseResult, trials: Sequence[TrialResult]) -> Problem:
    """The first thing that went wrong: what failed a failed case, what stopped an errored one."""
    wanted = Outcome.ERRORED if case.outcome is Outcome.ERRORED else Outcome.FAILED
    for trial in trials:
        if trial.outcome is wanted and (problem := _problem_in(trial, case)):
            return problem
    kind = "xfail" if case.case.xfail else case.outcome.value
    message = case.note or f"{case.outcome}, without a reason"
    return Problem(kind=kind, message=message, location=case.case.location)


def _problem_in(trial: TrialResult, case: CaseResult) -> Problem | None:
    answer = trial.completion.text if trial.completion else None
    place = case.case.location
    if trial.outcome is Outcome.ERRORED and (fault := trial.fault):
        return Problem(
            kind=fault.kind,
            message=fault.message,
            location=place,
            fix=fault.fix,
            answer=answer,
            repeat=trial.repeat,
        )
    for verdict in lost(trial):
        return Problem(
            kind=verdict.kind,
            message=verdict.reason,
            location=verdict.location or place,
            answer=answer,
            repeat=trial.repeat,
        )
    return None


def lost(trial: TrialResult) -> Iterator[Verdict]:
    """The assertions that made a trial fail."""
    return (
        verdict for verdict in trial.verdicts if verdict.passed is False and not verdict.advisory
    )


def account_of(case: CaseResult, trials: Iterable[TrialResult]) -> Iterator[str]:
    """One line for each assertion that does not hold and each fault, with `path:line:column`.

    With repeats, a line before them tells how each trial ended.
    """
    for trial in trials:
        if case.case.repeat > 1:
            yield f"{name_of(trial, case)}: {trial.outcome}"
        yield from _complaints(trial, case)


def name_of(trial: TrialResult, case: CaseResult) -> str:
    """`repeat 2 of 5`, as people count; `answer` where there is only one."""
    repeats = case.case.repeat
    return f"repeat {trial.repeat + 1} of {repeats}" if repeats > 1 else "answer"


def _complaints(trial: TrialResult, case: CaseResult) -> Iterator[str]:
    for verdict in trial.verdicts:
        if verdict.passed is not True:
            place = verdict.location or case.case.location
            abstains = " (abstains)" if verdict.passed is None else ""
            advisory = " (advisory)" if verdict.advisory else ""
            reason = one_line(verdict.reason, REASON_CHARACTERS)
            yield f"{place}: {verdict.kind}{abstains}{advisory}: {reason}"
    if fault := trial.fault:
        message = one_line(fault.message, REASON_CHARACTERS)
        yield f"{case.case.location}: {fault.kind}: {message}"
        if fault.fix:
            yield f"  fix: {fault.fix}"
