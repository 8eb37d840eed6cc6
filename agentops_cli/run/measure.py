"""Trial results to the figures of metrics, counted as they come."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from agentops_cli.metrics.slices import slices_of
from agentops_cli.model.call import Completion, Finish
from agentops_cli.model.metric import Cell, MetricResult, MetricSpec
from agentops_cli.model.result import Outcome, PlannedCase, TrialResult
from agentops_cli.ports import Metric, MetricType
from agentops_cli.registry import Registry

_JUDGED = frozenset({Outcome.PASSED, Outcome.FAILED})


@dataclass(slots=True)
class _Tally:
    """What was counted of one metric, on one model and all cases or one slice.

    `planned` is how many trials there should be, `asked` what they expect.
    """

    planned: int = 0
    judged: int = 0
    asked: set[str] = field(default_factory=set)
    counts: Counter[Cell] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ruler:
    """A metric of a suite, ready to measure; `tallies` by model, then by slice, None for all."""

    spec: MetricSpec
    metric: Metric
    tallies: dict[str, dict[str | None, _Tally]] = field(default_factory=dict)

    def of(self, planned: PlannedCase) -> Iterator[_Tally]:
        """Every tally that a case counts in."""
        by_slice = self.tallies.setdefault(planned.model, {})
        by = self.spec.by
        for name in (None, *(slices_of(planned.case, by) if by else ())):
            yield by_slice.setdefault(name, _Tally())


class Measure:
    """Measures the metrics of a plan. It keeps counts only: answers are on disk.

    A trial counts once it has a verdict, whatever that is. Cases in quarantine gate nothing, so
    they are not measured; those that are expected to fail are. `metrics` are by the suite's path.
    """

    def __init__(
        self,
        planned: Sequence[PlannedCase],
        metrics: Mapping[str, Sequence[MetricSpec]],
        *,
        kinds: Registry[MetricType],
        today: date,
    ) -> None:
        self._planned = planned
        self._rulers = {
            suite: [_Ruler(spec=spec, metric=kinds.get(spec.kind)(spec)) for spec in specs]
            for suite, specs in metrics.items()
        }
        self._today = today
        for case in planned:
            for ruler in self._rulers_of(case):
                asked = ruler.metric.asked(case.case.references[ruler.spec.name])
                for tally in ruler.of(case):
                    tally.planned += case.case.repeat
                    tally.asked.update(asked)

    def add(self, result: TrialResult) -> None:
        """Counts one finished trial, as it was answered: before anything is redacted.

        One that failed before its last answer gave none, which is wrong, not unknown.
        """
        if result.outcome not in _JUDGED:
            return
        planned = self._planned[result.index]
        completion = result.completion or _no_answer(planned)
        for ruler in self._rulers_of(planned):
            reference = planned.case.references[ruler.spec.name]
            cells = ruler.metric.cells(reference, completion)
            for tally in ruler.of(planned):
                tally.judged += 1
                tally.counts.update(cells)

    def results(self, suite: str, models: Sequence[str]) -> tuple[MetricResult, ...]:
        """The figures of a suite: by metric, then model, all cases before their slices.

        Each model has a result of each metric, if only to say that nothing was measured.
        """
        return tuple(
            _result(ruler, model, name, tally)
            for ruler in self._rulers.get(suite, ())
            for model in models
            for name, tally in _in_order(ruler.tallies.get(model, {}))
        )

    def _rulers_of(self, planned: PlannedCase) -> Iterator[_Ruler]:
        """The metrics that a case is measured by."""
        case = planned.case
        watched = case.quarantine is not None and case.quarantine.holds(today=self._today)
        if watched or case.skip is not None:
            return
        for ruler in self._rulers.get(planned.suite, ()):
            if ruler.spec.name in case.references:
                yield ruler


def _no_answer(planned: PlannedCase) -> Completion:
    return Completion(text="", finish=Finish.UNKNOWN, model=planned.model, latency_s=0.0)


def _in_order(tallies: Mapping[str | None, _Tally]) -> Iterator[tuple[str | None, _Tally]]:
    yield None, tallies.get(None, _Tally())
    yield from sorted((name, tally) for name, tally in tallies.items() if name is not None)


def _result(ruler: _Ruler, model: str, name: str | None, tally: _Tally) -> MetricResult:
    """All labels or fields are demanded of all cases together, of a slice those it has."""
    metric, spec = ruler.metric, ruler.spec
    return MetricResult(
        name=spec.name,
        kind=spec.kind,
        model=model,
        location=spec.location,
        measures=metric.measure(tally.counts, metric.names if name is None else tally.asked),
        n=tally.judged,
        unjudged=tally.planned - tally.judged,
        slice=name,
    )
