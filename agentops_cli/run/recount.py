"""Whether a case that was read says what its trials say: counted anew, both must be the same.

What was paid may be more than its trials tell: of an attempt that errored and was made again only
the cost is left.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from agentops_cli.model.money import Cost
from agentops_cli.model.result import CaseResult, Outcome, TrialResult
from agentops_cli.run.fold import conclude, counted_anew, judge_repeats
from agentops_cli.run.outcome import outcome_of


def contradictions(case: CaseResult, trials: Sequence[TrialResult]) -> Iterator[str]:
    """What of a case cannot be true of its trials, in words."""
    repeats = {trial.repeat for trial in trials}
    if len(repeats) < len(trials) or any(repeat >= case.case.repeat for repeat in repeats):
        yield "its trials are not its repeats"
        return
    for trial in trials:
        yield from (f"a trial {what}" for what in misjudgements(trial))
    tally, cost, judge_cost = counted_anew(case.case, trials)
    if tally != case.tally:
        yield "its tally is not that of its trials"
    elif not _is_concluded(case):
        yield f"it is {case.outcome}, which does not follow from its trials"
    if _is_less(case.cost, cost) or _is_less(case.judge_cost, judge_cost):
        yield "it cost less than its trials"


def misjudgements(trial: TrialResult) -> Iterator[str]:
    """Where the outcome of a trial, or of one on a smaller model before it, does not follow."""
    for tried in trial.tries:
        has_answer = tried.completion is not None
        outcome = outcome_of(tried.verdicts, tried.fault, has_answer=has_answer)
        if tried.outcome is not outcome:
            yield f"is {tried.outcome}, and by its verdicts {outcome}"


def _is_concluded(case: CaseResult) -> bool:
    """True where the outcome follows from the tally; of a quarantine a result has the note only."""
    if case.outcome is Outcome.QUARANTINED:
        usual = judge_repeats(case.tally, needed=case.case.repeat_pass)
        return case.case.skip is None and (case.note or "").startswith(f"{usual}, in quarantine ")
    return case.outcome is conclude(case.case, case.tally, today=date.min)[0]


def _is_less(said: Cost, found: Cost) -> bool:
    return said.usd < found.usd or said.unpriced_calls < found.unpriced_calls
