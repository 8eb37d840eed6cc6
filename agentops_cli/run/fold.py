"""Trial results to case and suite results, counted as they come."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil

from agentops_cli.model.call import FaultKind
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.result import (
    GOOD,
    CaseResult,
    Outcome,
    PlannedCase,
    Tally,
    TrialResult,
)
from agentops_cli.model.suite import Case

_STOPPED = frozenset({FaultKind.BUDGET, FaultKind.BREAKER})


@dataclass(slots=True)
class _Running:
    """The counters of one case while its trials come in."""

    outcomes: dict[Outcome, int] = field(default_factory=dict)
    answered: int = 0
    cached: int = 0
    calls: int = 0
    cached_calls: int = 0
    stopped: int = 0
    cost: Cost = Cost()
    judge_cost: Cost = Cost()
    usage: Usage = Usage()
    latencies_s: list[float] = field(default_factory=list)

    def add(self, result: TrialResult) -> None:
        self.outcomes[result.outcome] = self.outcomes.get(result.outcome, 0) + 1
        self.judge_cost = self.judge_cost + result.judge_cost
        if result.fault and result.fault.kind in _STOPPED:
            self.stopped += 1
        if result.fault:
            self.cost = self.cost + result.fault.cost
        answers = result.answers
        for answer in answers:
            self.cost = self.cost + answer.cost
            self.usage = self.usage + (answer.usage or Usage())
        self.answered += bool(answers)
        self.cached += bool(answers) and all(answer.cached for answer in answers)
        # Who waits, waits for a turn and not for a conversation.
        turns = [(turn.completion, turn.steps) for turn in result.turns]
        turns = turns or [(answer, 1) for answer in answers]
        self.latencies_s += [answer.latency_s for answer, _ in turns if not answer.cached]
        self.calls += sum(steps for _, steps in turns)
        self.cached_calls += sum(steps for answer, steps in turns if answer.cached)


class Fold:
    """Counts the trials of a plan. It keeps numbers only: answers are on disk."""

    def __init__(self, planned: Sequence[PlannedCase], *, today: date) -> None:
        self._planned = planned
        self._today = today
        self._running: dict[int, _Running] = {}

    def add(self, result: TrialResult) -> None:
        """Counts one finished trial."""
        self._running.setdefault(result.index, _Running()).add(result)

    def cases(self) -> tuple[CaseResult, ...]:
        """Every planned case in plan order; trials that never began count as skipped."""
        return tuple(self._case(planned) for planned in self._planned)

    def latencies_s(self, cases: Iterable[CaseResult]) -> list[float]:
        """The latency of every live call of the cases."""
        empty = _Running()
        return [s for case in cases for s in self._running.get(case.index, empty).latencies_s]

    def _case(self, planned: PlannedCase) -> CaseResult:
        case, running = planned.case, self._running.get(planned.index, _Running())
        begun = sum(running.outcomes.values())
        tally = Tally(
            passed=running.outcomes.get(Outcome.PASSED, 0),
            failed=running.outcomes.get(Outcome.FAILED, 0),
            errored=running.outcomes.get(Outcome.ERRORED, 0),
            skipped=case.repeat - begun,
            answered=running.answered,
            cached=running.cached,
            stopped=running.stopped,
        )
        outcome, note = conclude(case, tally, today=self._today)
        return CaseResult(
            index=planned.index,
            case=case,
            model=planned.model,
            outcome=outcome,
            tally=tally,
            note=note,
            cost=running.cost,
            judge_cost=running.judge_cost,
            judge_model=planned.judge.model if planned.judge else None,
            usage=running.usage,
            calls=running.calls,
            cached_calls=running.cached_calls,
            latency_s=sum(running.latencies_s) if running.latencies_s else None,
        )


def conclude(case: Case, tally: Tally, *, today: date) -> tuple[Outcome, str | None]:
    """The outcome of a case from its counted trials, and the note that explains a special one."""
    if case.skip is not None:
        return Outcome.SKIPPED, case.skip
    outcome = judge_repeats(tally, needed=case.repeat_pass)
    if case.quarantine and case.quarantine.holds(today=today):
        watched = case.quarantine
        note = f"{outcome}, in quarantine until {watched.until}: {watched.reason} ({watched.owner})"
        return Outcome.QUARANTINED, note
    if outcome is Outcome.SKIPPED:
        return outcome, "not run: interrupted before it began"
    if case.xfail is not None and outcome is Outcome.FAILED:
        return Outcome.XFAILED, case.xfail
    if case.xfail is not None and outcome in GOOD:
        return Outcome.FAILED, f"passed, but is marked xfail: {case.xfail}"
    if case.quarantine:
        return outcome, f"its quarantine ended on {case.quarantine.until}"
    return outcome, None


def judge_repeats(tally: Tally, *, needed: int) -> Outcome:
    """The outcome of `needed` of n repeats, decided only if missing trials cannot change it."""
    missing = tally.errored + tally.skipped
    if tally.passed >= needed:
        return Outcome.FLAKY if tally.failed else Outcome.PASSED
    if tally.passed + missing < needed:
        return Outcome.FAILED
    return Outcome.ERRORED if tally.errored or tally.judged else Outcome.SKIPPED


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile (`share` from 0 to 1); None of no values."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(ceil(share * len(ordered)), 1) - 1]
