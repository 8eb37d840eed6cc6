"""Trial results to case and suite results, counted as they come."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import zip_longest
from math import ceil
from typing import overload

from agentops_cli import spool
from agentops_cli.model.call import STOPPING, Completion, FaultKind
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.result import (
    GOOD,
    Cascaded,
    CaseResult,
    Outcome,
    PlannedCase,
    StoodIn,
    Tally,
    TrialResult,
    both_cascades,
    counted_together,
)
from agentops_cli.model.suite import Case
from agentops_cli.run.cascade import cascaded, stood_in
from agentops_cli.run.outline import outline_of
from agentops_cli.run.repeats import ended_early, spared
from agentops_cli.spool import Slots


@dataclass(slots=True)
class _Counted:
    """The counters of one case. `errors` tells of each errored repeat what it was counted as."""

    passed: int = 0
    failed: int = 0
    answered: int = 0
    cached: int = 0
    stopped: int = 0
    unreached: int = 0
    calls: int = 0
    cached_calls: int = 0
    cost: Cost = Cost()
    judge_cost: Cost = Cost()
    usage: Usage = Usage()
    latency_s: float | None = None
    cascade: Cascaded | None = None
    stood_in: tuple[StoodIn, ...] = ()
    errors: dict[int, tuple[bool, bool, bool, bool]] = field(default_factory=dict)

    @property
    def begun(self) -> int:
        return self.passed + self.failed + len(self.errors)

    def add(self, result: TrialResult, latencies_s: Sequence[float]) -> None:
        """Counts a trial, whose live calls took so long."""
        for one in result.tries:
            self._pay(one)
        self._conclude(result)
        self.cascade = both_cascades(self.cascade, cascaded(result))
        if pairs := stood_in(result):
            self.stood_in = counted_together(self.stood_in, pairs)
        if latencies_s:
            self.latency_s = (self.latency_s or 0.0) + sum(latencies_s)

    def _pay(self, result: TrialResult) -> None:
        """Adds up what one model of a trial took; nothing of that is ever taken back."""
        if result.fault:
            self.cost += result.fault.cost
        self.judge_cost += result.judge_cost
        for answer in result.answers:
            self.cost += answer.cost
            if answer.usage:
                self.usage += answer.usage
        for answer, steps in _turns(result):
            self.calls += steps
            self.cached_calls += steps if answer.cached else 0

    def _conclude(self, result: TrialResult) -> None:
        """Counts the outcome, in place of the one before, where the same repeat errored then."""
        before = self.errors.pop(result.repeat, None)
        if before is not None:
            answered, cached, stopped, unreached = before
            self.answered -= answered
            self.cached -= cached
            self.stopped -= stopped
            self.unreached -= unreached
        answers: list[Completion] = [answer for one in result.tries for answer in one.answers]
        answered = bool(answers)
        cached = answered and all(answer.cached for answer in answers)
        stopped = result.fault is not None and result.fault.kind in STOPPING
        unreached = result.fault is not None and result.fault.kind is FaultKind.BREAKER
        self.answered += answered
        self.cached += cached
        self.stopped += stopped
        self.unreached += unreached
        if result.outcome is Outcome.ERRORED:
            self.errors[result.repeat] = (answered, cached, stopped, unreached)
        elif result.outcome is Outcome.PASSED:
            self.passed += 1
        else:
            self.failed += 1


class Fold:
    """Counts the trials of a plan.

    In memory are the counters of the cases under way and 8 bytes for each other case and each live
    call; the rest is on disk, as answers are. A trial that comes again after it errored is counted
    in place of the first, at any time; both were paid. Raises `StoreError` when the disk is full.
    """

    def __init__(self, planned: Sequence[PlannedCase], *, today: date) -> None:
        self._planned = planned
        self._today = today
        self._indexes = dict(_ranges(outline_of(planned).suites))
        self._counted: Slots[_Counted] = Slots()
        self._latencies_s: dict[str, array[float]] = {}

    def add(self, result: TrialResult) -> None:
        """Counts one finished trial."""
        counted = self._counted.get(result.index) or _Counted()
        latencies_s = live_latencies_s(result)
        counted.add(result, latencies_s)
        self._counted.put(result.index, counted)
        self._latencies_s.setdefault(result.suite, array("d")).extend(latencies_s)

    def cases(self) -> Sequence[CaseResult]:
        """The planned cases in plan order, each made up when it is asked for.

        Trials that never began count as skipped.
        """
        return _Cases(self, range(len(self._planned)))

    def of(self, suite: str) -> Sequence[CaseResult]:
        """Those of one suite as they stand, by its path; where they are few, they are kept."""
        cases = _Cases(self, self._indexes[suite])
        return cases if len(cases) > spool.KEPT else tuple(cases)

    def case(self, index: int) -> CaseResult:
        """One planned case as it stands."""
        return self._case(self._planned[index], self._counted.get(index) or _Counted())

    def latencies_s(self, suite: str) -> "array[float]":
        """The latency of every live call of a suite, by its path, in the order they ended."""
        return self._latencies_s.get(suite, array("d"))

    def _case(self, planned: PlannedCase, counted: _Counted) -> CaseResult:
        case, tally = planned.case, _tally(planned.case, counted)
        outcome, note = conclude(case, tally, today=self._today)
        return CaseResult(
            index=planned.index,
            case=case,
            model=planned.model,
            outcome=outcome,
            tally=tally,
            note=note,
            cost=counted.cost,
            judge_cost=counted.judge_cost,
            judge_model=planned.judge.model if planned.judge else None,
            usage=counted.usage,
            calls=counted.calls,
            cached_calls=counted.cached_calls,
            latency_s=counted.latency_s,
            cascade=counted.cascade,
            stood_in=counted.stood_in,
        )


def _tally(case: Case, counted: _Counted) -> Tally:
    begun = counted.begun
    judged = {"passed": counted.passed, "failed": counted.failed}
    not_needed = spared(case, begun=begun, **judged)
    # What was refused of a case that is decided without it was not needed either.
    is_decided = ended_early(case, **judged)
    return Tally(
        passed=counted.passed,
        failed=counted.failed,
        errored=len(counted.errors),
        skipped=case.repeat - begun - not_needed,
        answered=counted.answered,
        cached=counted.cached,
        stopped=0 if is_decided else counted.stopped,
        unreached=0 if is_decided else counted.unreached,
        spared=not_needed,
    )


def counted_anew(case: Case, trials: Iterable[TrialResult]) -> tuple[Tally, Cost, Cost]:
    """What some trials of a case come to by themselves, what they cost, and what their judges."""
    counted = _Counted()
    for trial in trials:
        counted.add(trial, ())
    return _tally(case, counted), counted.cost, counted.judge_cost


def _ranges(sizes: Mapping[str, int]) -> Iterator[tuple[str, range]]:
    """Where the cases of each suite are in the plan, which has one suite after another."""
    start = 0
    for suite, size in sizes.items():
        yield suite, range(start, start + size)
        start += size


class _Cases(Sequence[CaseResult]):
    """Some cases of a fold, each made when it is asked for."""

    def __init__(self, fold: Fold, indexes: range) -> None:
        self._fold = fold
        self._indexes = indexes

    def __len__(self) -> int:
        return len(self._indexes)

    @overload
    def __getitem__(self, at: int) -> CaseResult: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[CaseResult]: ...
    def __getitem__(self, at: int | slice) -> CaseResult | Sequence[CaseResult]:
        if isinstance(at, slice):
            return _Cases(self._fold, self._indexes[at])
        return self._fold.case(self._indexes[at])

    def __iter__(self) -> Iterator[CaseResult]:
        return map(self._fold.case, self._indexes)


def live_latencies_s(result: TrialResult) -> list[float]:
    """The seconds of each live turn of a trial: who waits, waits for one turn, not for all.

    On a cascade that is both models' answer to it.
    """
    if result.tried is None:
        return [answer.latency_s for answer, _ in _turns(result) if not answer.cached]
    latencies_s = []
    for answers in zip_longest(*([answer for answer, _ in _turns(one)] for one in result.tries)):
        live = [answer.latency_s for answer in answers if answer and not answer.cached]
        latencies_s += [sum(live)] if live else []
    return latencies_s


def _turns(result: TrialResult) -> list[tuple[Completion, int]]:
    """What one model answered, turn by turn, with the steps of each; without turns it is one."""
    turns = [(turn.completion, turn.steps) for turn in result.turns]
    return turns or [(answer, 1) for answer in result.answers]


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
    """The nearest-rank percentile (`share` from 0 to 1); None of no values.

    It is looked for without sorting, which would make an object of each value.
    """
    if not values:
        return None
    rank = max(ceil(share * len(values)), 1) - 1
    while True:
        middle = _middle(values)
        below = array("d", filter(middle.__gt__, values))
        if rank < len(below):
            values = below
            continue
        above = array("d", filter(middle.__lt__, values))
        rank -= len(values) - len(above)
        if rank < 0:
            return middle
        values = above


def _middle(values: Sequence[float]) -> float:
    """One of the values, near the middle as far as a few of them tell."""
    some = sorted(values[:: max(1, len(values) // 9)])
    return some[len(some) // 2]
