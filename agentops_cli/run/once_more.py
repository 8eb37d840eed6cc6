"""Which trials are through, and which of those that are not may be tried once more.

Only places are kept, an index and a repeat of each: cases stay where the plan has them.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence

from agentops_cli.model.call import STOPPING, FaultKind
from agentops_cli.model.result import Outcome, PlannedCase, Trial, TrialResult
from agentops_cli.run.engine import trial_of

_MAY_PASS = frozenset({
    FaultKind.CONNECTION,
    FaultKind.TIMEOUT,
    FaultKind.RATE_LIMIT,
    FaultKind.PROVIDER,
    FaultKind.MALFORMED,
})  # fmt: skip
"""Why a trial errored, where asking later may help. Whatever is wrong here or there to stay, such
as a key, a request or a check that cannot tell, would be asked in vain."""

MOST_PASSES = 2
"""A trial is run as often as this at most: once, and once more where it errored."""

_REPEAT_BITS = 16


class Finished:
    """The trials that have a verdict, a byte each; `number` says how many they are."""

    def __init__(self, cases: int) -> None:
        self._cases = cases
        self._marks = bytearray()
        self.number = 0

    def add(self, result: TrialResult) -> None:
        """Marks a trial, unless it errored: that one is still to be run."""
        if result.outcome is Outcome.ERRORED:
            return
        place = self._place(result.index, result.repeat)
        if place >= len(self._marks):
            self._marks.extend(bytes(place + 1 - len(self._marks)))
        self.number += not self._marks[place]
        self._marks[place] = 1

    def has(self, index: int, repeat: int) -> bool:
        """True for a trial that has a verdict."""
        place = self._place(index, repeat)
        return place < len(self._marks) and bool(self._marks[place])

    def _place(self, index: int, repeat: int) -> int:
        return repeat * self._cases + index


class OnceMore:
    """The errored trials of one pass that get another one, when all others have ended.

    None do once the budget or the breaker has refused a trial: the run has been ended then, and
    whatever else it did would only be paid for.
    """

    def __init__(self) -> None:
        self._places = array("Q")
        self._is_stopped = False

    def add(self, result: TrialResult) -> None:
        """Remembers a trial that errored for a reason that may have passed."""
        fault = result.fault
        if result.outcome is not Outcome.ERRORED or fault is None:
            return
        if fault.kind in STOPPING:
            self._is_stopped = True
        elif fault.kind in _MAY_PASS and not fault.final:
            self._places.append(result.index << _REPEAT_BITS | result.repeat)

    def __len__(self) -> int:
        return 0 if self._is_stopped else len(self._places)

    def trials(
        self,
        planned: Sequence[PlannedCase],
        *,
        decided: Callable[[PlannedCase], bool] = lambda _: False,
    ) -> Iterator[Trial]:
        """Those trials again, in plan order; not those of a case that is `decided` without them."""
        for place in sorted(self._places[: len(self)]):
            index, repeat = place >> _REPEAT_BITS, place & (1 << _REPEAT_BITS) - 1
            case = planned[index]
            if not decided(case):
                yield trial_of(case, repeat, attempt=1)
