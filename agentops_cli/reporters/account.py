"""What happened to one case, told from its trials."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agentops_cli.model.call import Verdict
from agentops_cli.model.place import Location
from agentops_cli.model.result import CaseResult, Outcome, TrialResult
from agentops_cli.reporters.wording import flat, one_line

REASON_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a case is not good, in one line.

    `kind` is that of the first assertion that was lost, or of the fault. `trial` is the one it
    happened in, None when none tells it.
    """

    kind: str
    message: str
    location: Location
    fix: str | None = None
    trial: TrialResult | None = None


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
    place = case.case.location
    if trial.outcome is Outcome.ERRORED and (fault := trial.fault):
        return Problem(
            kind=fault.kind,
            message=fault.message,
            location=place,
            fix=fault.fix,
            trial=trial,
        )
    for verdict in lost(trial):
        return Problem(
            kind=verdict.kind,
            message=f"{turn_of(verdict)}{verdict.reason}",
            location=verdict.location or place,
            trial=trial,
        )
    return None


def turn_of(verdict: Verdict) -> str:
    """`turn 2: ` as people count, empty for what is about the whole trial."""
    return "" if verdict.turn is None else f"turn {verdict.turn + 1}: "


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


def _why_escalated(tried: TrialResult) -> str:
    """What decided on the answer of a cascade's small model, so that it did not suffice."""
    binding = [verdict for verdict in tried.verdicts if not verdict.advisory]
    doubted = (verdict for verdict in binding if verdict.passed is None or verdict.unsure)
    deciding = next(lost(tried), None) or next(doubted, None)
    how = "failed" if tried.outcome is Outcome.FAILED else "was not sure"
    if deciding is None:
        return f"it {how}"
    return f"it {how}: {turn_of(deciding)}{deciding.kind}: {deciding.reason}"


def name_of(trial: TrialResult, case: CaseResult) -> str:
    """`repeat 2 of 5`, as people count; `answer` or `conversation` where there is only one."""
    repeats = case.case.repeat
    if repeats > 1:
        return f"repeat {trial.repeat + 1} of {repeats}"
    return "conversation" if case.case.turns else "answer"


def _complaints(trial: TrialResult, case: CaseResult) -> Iterator[str]:
    if tried := trial.tried:
        why = one_line(_why_escalated(tried), REASON_CHARACTERS)
        yield flat(f"{case.case.location}: {trial.tier} was asked after {tried.tier}: {why}")
    for verdict in trial.verdicts:
        if verdict.passed is not True:
            place = verdict.location or case.case.location
            abstains = " (abstains)" if verdict.passed is None else ""
            advisory = " (advisory)" if verdict.advisory else ""
            reason = one_line(verdict.reason, REASON_CHARACTERS)
            yield flat(f"{place}: {turn_of(verdict)}{verdict.kind}{abstains}{advisory}: {reason}")
    if fault := trial.fault:
        message = one_line(fault.message, REASON_CHARACTERS)
        yield flat(f"{case.case.location}: {fault.kind}: {message}")
        if fault.fix:
            yield f"  fix: {one_line(fault.fix, REASON_CHARACTERS)}"
