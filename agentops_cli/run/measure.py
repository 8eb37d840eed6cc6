"""Trial results to the figures of metrics, counted as they come."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from agentops_cli.metrics.slices import slices_of
from agentops_cli.model.call import Completion, Finish
from agentops_cli.model.metric import Cell, Measures, MetricResult, MetricSpec
from agentops_cli.model.result import Outcome, PlannedCase, TrialResult
from agentops_cli.ports import Metric, MetricType
from agentops_cli.registry import Registry
from agentops_cli.run.repeats import sure_repeats

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
    they are not measured; those that are expected to fail are. Of a case that is repeated only
    until it is decided the repeats count that were run in any case: whether there are others
    depends on the answers, and with them the figures would flatter. `metrics` are by the suite's
    path.
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
        for case in planned if any(self._rulers.values()) else ():
            for ruler in self._rulers_of(case):
                asked = ruler.metric.asked(case.case.references[ruler.spec.name])
                for tally in ruler.of(case):
                    tally.planned += sure_repeats(case.case)
                    tally.asked.update(asked)

    def measured(self, result: TrialResult) -> TrialResult:
        """A finished trial with its `cells`, taken from what was answered: nothing is redacted yet.

        One that failed before its last answer gave none, which is wrong, not unknown.
        """
        if result.outcome not in _JUDGED or not self._rulers.get(result.suite):
            return result
        planned = self._planned[result.index]
        if result.repeat >= sure_repeats(planned.case):
            return result
        completion = result.completion or _no_answer(planned)
        cells = {
            ruler.spec.name: tuple(
                ruler.metric.cells(planned.case.references[ruler.spec.name], completion)
            )
            for ruler in self._rulers_of(planned)
        }
        return replace(result, cells=cells) if cells else result

    def add(self, result: TrialResult) -> None:
        """Counts one measured trial; not one that errored, which may come again with a verdict."""
        if result.outcome not in _JUDGED or not result.cells:
            return
        planned = self._planned[result.index]
        for ruler in self._rulers_of(planned):
            for tally in ruler.of(planned):
                tally.judged += 1
                tally.counts.update(result.cells[ruler.spec.name])

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
    found = MetricResult(
        name=ruler.spec.name,
        kind=ruler.spec.kind,
        model=model,
        location=ruler.spec.location,
        measures=Measures(figures=()),
        n=tally.judged,
        unjudged=tally.planned - tally.judged,
        slice=name,
        # Sorted, so that sums of floats do not depend on which trial ended first.
        counts=dict(sorted(tally.counts.items())),
        asked=frozenset(tally.asked),
    )
    return measured_anew(found, ruler.metric)


def measured_anew(result: MetricResult, metric: Metric) -> MetricResult:
    """The result with the figures of its counts.

    All labels or fields are demanded of all cases together, of a slice those it has.
    """
    names = metric.names if result.slice is None else result.asked
    return replace(result, measures=metric.measure(result.counts, names))
