"""`--repeat auto`: no more repeats of a case than its verdict takes.

A case that passes when k of n repeats do is decided by k that passed, or by n - k + 1 that failed.
However the next ones end, the smaller number that is still wanting must be run: so many are handed
out at once, and none is ever run in vain.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence

from agentops_cli.model.call import STOPPING
from agentops_cli.model.result import Outcome, PlannedCase, Trial, TrialResult
from agentops_cli.model.suite import Case
from agentops_cli.run.engine import trial_of


def wanting(case: Case, *, passed: int, failed: int) -> int:
    """How many more repeats must be judged, however they end, to decide a case; 0 when it is."""
    to_pass = case.repeat_pass - passed
    to_fail = case.repeat - case.repeat_pass + 1 - failed
    return max(0, min(to_pass, to_fail))


def sure_repeats(case: Case) -> int:
    """How many repeats of a case are run whatever comes of them.

    What is estimated from these alone leans to no side.
    """
    return wanting(case, passed=0, failed=0) if case.repeat_auto else case.repeat


def ended_early(case: Case, *, passed: int, failed: int) -> bool:
    """True for a case that is repeated only as needed, and is decided: it wants nothing more."""
    return case.repeat_auto and not wanting(case, passed=passed, failed=failed)


def spared(case: Case, *, passed: int, failed: int, begun: int) -> int:
    """How many repeats of a case that is repeated only as needed were not: it was decided."""
    return case.repeat - begun if ended_early(case, passed=passed, failed=failed) else 0


def is_auto(planned: Sequence[PlannedCase]) -> bool:
    """True where cases are repeated only until they are decided: all of a plan are, or none is."""
    return len(planned) > 0 and planned[0].case.repeat_auto


class Rounds:
    """The trials of a plan, round by round: what is in the next one depends on how the last ended.

    Iterating gives rounds for as long as there is something to run; `add` hears of each trial that
    ended, before the next round is asked for. Errored trials decide nothing. `is_done` says of an
    index and a repeat that it was run before, in a run that is resumed, and `add` has heard of it.
    It keeps three small numbers for each case, and no case.
    """

    def __init__(
        self,
        planned: Sequence[PlannedCase],
        *,
        is_done: Callable[[int, int], bool] = lambda _index, _repeat: False,
    ) -> None:
        self._planned = planned
        self._is_done = is_done
        self._passed = array("H", bytes(2 * len(planned)))
        self._failed = array("H", bytes(2 * len(planned)))
        self._next = array("H", bytes(2 * len(planned)))

    def add(self, result: TrialResult, *, kept: bool = False) -> None:
        """Counts one finished trial, or one that was `kept` of an earlier process.

        A case that the budget or the breaker refused gets no other repeat: that would be refused
        as well.
        """
        fault = result.fault
        if fault is not None and fault.kind in STOPPING and not kept:
            self._next[result.index] = self._planned[result.index].case.repeat
        if result.outcome is Outcome.PASSED:
            self._passed[result.index] += 1
        elif result.outcome is Outcome.FAILED:
            self._failed[result.index] += 1

    def decided(self, planned: PlannedCase) -> bool:
        """True when no other trial of a case can change whether it passes."""
        return not self._wanting(planned)

    def __iter__(self) -> Iterator[Iterator[Trial]]:
        while True:
            trials = self._round()
            first = next(trials, None)
            if first is None:
                return
            yield _beginning_with(first, trials)

    def _round(self) -> Iterator[Trial]:
        for planned in self._planned:
            if planned.case.skip is not None:
                continue
            for _ in range(self._wanting(planned)):
                repeat = self._next_of(planned)
                if repeat is None:
                    break
                yield trial_of(planned, repeat)

    def _wanting(self, planned: PlannedCase) -> int:
        index = planned.index
        return wanting(planned.case, passed=self._passed[index], failed=self._failed[index])

    def _next_of(self, planned: PlannedCase) -> int | None:
        """The next repeat of a case that was not run yet; None when there is no other."""
        while (repeat := self._next[planned.index]) < planned.case.repeat:
            self._next[planned.index] += 1
            if not self._is_done(planned.index, repeat):
                return repeat
        return None


def _beginning_with(first: Trial, rest: Iterator[Trial]) -> Iterator[Trial]:
    yield first
    yield from rest
