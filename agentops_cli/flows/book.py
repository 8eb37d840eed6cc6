"""What is counted of a run while its trials end: those that were kept first, then new ones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agentops_cli.errors import RUN_ANEW, StoreError
from agentops_cli.flows.open_run import OpenRun
from agentops_cli.flows.spending import Before
from agentops_cli.flows.wiring import metric_kinds
from agentops_cli.model.call import FaultKind
from agentops_cli.model.money import Cost
from agentops_cli.model.result import Incident, PlannedCase, Trial, TrialResult
from agentops_cli.run.cascade import spent_on
from agentops_cli.run.engine import trials_of
from agentops_cli.run.fold import Fold
from agentops_cli.run.measure import Measure
from agentops_cli.run.once_more import Finished, OnceMore
from agentops_cli.run.plan import Plan
from agentops_cli.run.repeats import Rounds, is_auto


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a run has come to: so many trials were `kept` from before, or are run `again`.

    When calls have to wait, `words` say for what; of a limit that `refused` some they name what
    would have to be raised, and where.
    """

    kind: Literal["kept", "again", "waiting", "refused"]
    trials: int = 0
    words: str = ""


class Book:
    """The counts of a run. It keeps numbers only: answers are on disk.

    What an earlier process of the run left is counted first, without a call and without being paid
    again. `on_result` hears of new trials. Raises `StoreError` when what was left is damaged.
    """

    def __init__(
        self,
        plan: Plan,
        opened: OpenRun,
        *,
        on_result: Callable[[TrialResult], None],
        now: Callable[[], datetime],
    ) -> None:
        today = opened.manifest.started.date()
        self.fold = Fold(plan.cases, today=today)
        self.measure = Measure(
            plan.cases,
            {item.suite.path: item.suite.metrics for item in plan.suites},
            kinds=metric_kinds(),
            today=today,
        )
        self.finished = Finished(len(plan.cases))
        self.again = OnceMore()
        self._rounds = (
            Rounds(plan.cases, is_done=self.finished.has) if is_auto(plan.cases) else None
        )
        self.before = Before(opened.spent(now()))
        self._kept_cost = Cost()
        self._unwritten = Cost()
        self.has_run = False
        self._is_second = False
        self._plan = plan
        self._opened = opened
        self._on_result = on_result
        self._now = now
        for result in opened.kept():
            self._take_over(result)

    def keep(self, result: TrialResult) -> None:
        """Writes a trial down, then counts it.

        Raises `StoreError` when it cannot be written. Then nobody has the answer, and what was paid
        for it is lost.
        """
        if self._is_second and _was_not_asked(result):
            # What went wrong when it was asked says more than why it is not asked again.
            self._on_result(result)
            return
        result = self.measure.measured(result)
        if not self.has_run:
            self._tell_resume()
        try:
            self._opened.trials.append(result)
            self._count(result)
        except StoreError:
            self._unwritten += cost_of(result)
            raise
        self.again.add(result)
        self._on_result(result)

    @property
    def lost(self) -> Cost:
        """What was paid and is in no trial that can be told, once `before` was handed on."""
        return self.before.lost(self._kept_cost) + self._unwritten

    def rounds(self) -> Iterator[Iterator[Trial]]:
        """The trials that are to be run, each lot once those before it have ended.

        Mostly there is one, of all that have no verdict yet; where cases are repeated until they
        are decided, what is in the next one depends on the last.
        """
        return iter(self._rounds) if self._rounds else iter([self._missing()])

    def once_more(self) -> Iterator[Trial]:
        """The errored trials that are run again, when all others have ended."""
        self._is_second = True
        return self.again.trials(self._plan.cases, decided=self.decided)

    def decided(self, planned: PlannedCase) -> bool:
        """True for a case of which no other trial is wanted, whatever became of those it had."""
        return self._rounds is not None and self._rounds.decided(planned)

    def _missing(self) -> Iterator[Trial]:
        """The trials that have no verdict yet, in plan order."""
        for trial in trials_of(self._plan.cases):
            if not self.finished.has(trial.planned.index, trial.repeat):
                yield trial

    def _take_over(self, result: TrialResult) -> None:
        index, repeat = result.index, result.repeat
        path = str(self._opened.trials.path)
        if not 0 <= index < len(self._plan.cases):
            raise _damaged(f"{path!r} has a trial of a case that is not planned")
        if not 0 <= repeat < self._plan.cases[index].case.repeat:
            raise _damaged(f"{path!r} has a repeat of {result.case_id!r} that is not planned")
        if self.finished.has(index, repeat):
            # Only what errored is ever run again.
            raise _damaged(f"{path!r} has a trial of {result.case_id!r} twice")
        self._count(result, kept=True)
        self.finished.add(result)
        cost = cost_of(result)
        self.before.keep(result, cost)
        self._kept_cost += cost

    def _count(self, result: TrialResult, *, kept: bool = False) -> None:
        self.fold.add(result)
        self.measure.add(result)
        if self._rounds:
            self._rounds.add(result, kept=kept)

    def _tell_resume(self) -> None:
        self.has_run = True
        if self._opened.resumes:
            kept = self.finished.number
            message = f"the run was gone on with; {kept:,} trials had a verdict already"
            self._opened.tell(Incident(guard="resume", message=message, at=self._now()))
            self._opened.end(None)


def _was_not_asked(result: TrialResult) -> bool:
    fault = result.fault
    is_refused = fault is not None and fault.kind is FaultKind.BREAKER
    return is_refused and not result.answers and cost_of(result) == Cost()


def _damaged(problem: str) -> StoreError:
    return StoreError(problem, fix=RUN_ANEW)


def cost_of(result: TrialResult) -> Cost:
    """Everything that was paid for one trial, on each model of a cascade, its judges included."""
    return sum(map(spent_on, result.tries), Cost())
