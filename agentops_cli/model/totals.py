"""Cases to numbers, in one walk over them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.result import (
    Cascaded,
    CaseResult,
    Outcome,
    StoodIn,
    Tally,
    Totals,
    both_cascades,
    counted_together,
)

_NOTHING = Cost()
_JUDGED = frozenset({Outcome.PASSED, Outcome.FLAKY, Outcome.FAILED})


def totals_by_model(cases: Iterable[CaseResult]) -> dict[str, Totals]:
    """The totals of the cases of each model, models in the order in which they first come."""
    groups: dict[str, _Group] = {}
    for case in cases:
        group = groups.get(case.model)
        if group is None:
            group = groups[case.model] = _Group()
        group.add(case)
    return {model: group.totals() for model, group in groups.items()}


@dataclass(slots=True)
class _Group:
    """The cases of one model while they are counted."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    undecided: int = 0
    tally: Tally = Tally()  # noqa: RUF009 - frozen, so that sharing one is safe
    cost: Cost = Cost()
    judges: dict[str | None, Cost] = field(default_factory=dict)
    unpriced: int = 0
    usage: Usage = Usage()
    calls: int = 0
    cached_calls: int = 0
    latency_s: float = 0.0
    cascade: Cascaded | None = None
    stood_in: tuple[StoodIn, ...] = ()
    ends: Counter[tuple[int, int]] = field(default_factory=Counter)

    def add(self, case: CaseResult) -> None:
        self.outcomes[case.outcome] += 1
        self.undecided += _is_undecided(case)
        self.tally += case.tally
        self.cost += case.cost
        if case.judge_model is not None or case.judge_cost != _NOTHING:
            spent = self.judges.get(case.judge_model, Cost())
            self.judges[case.judge_model] = spent + case.judge_cost
        self.unpriced += bool(case.cost.unpriced_calls or case.judge_cost.unpriced_calls)
        self.usage += case.usage
        self.calls += case.calls
        self.cached_calls += case.cached_calls
        self.latency_s += case.latency_s or 0.0
        self.cascade = both_cascades(self.cascade, case.cascade)
        if case.stood_in:
            self.stood_in = counted_together(self.stood_in, case.stood_in)
        if case.case.repeat > 1 and _is_full(case):
            self.ends[case.tally.judged, case.tally.passed] += 1

    def totals(self) -> Totals:
        return Totals(
            cases=self.outcomes.total(),
            outcomes=self.outcomes,
            undecided=self.undecided,
            tally=self.tally,
            cost=self.cost,
            judges=self.judges,
            unpriced=self.unpriced,
            usage=self.usage,
            calls=self.calls,
            cached_calls=self.cached_calls,
            latency_s=self.latency_s,
            cascade=self.cascade,
            stood_in=self.stood_in,
            ends=self.ends,
        )


def _is_full(case: CaseResult) -> bool:
    """True for a judged case that gates, all of whose planned trials have a verdict.

    What was repeated only until it was decided is none, however it came out: how many trials it has
    depends on how they ended, and what is estimated from such cases leans to one side.
    """
    planned = case.case
    return (
        case.outcome in _JUDGED
        and planned.xfail is None
        and not planned.repeat_auto
        and case.tally.judged == planned.repeat
    )


def _is_undecided(case: CaseResult) -> bool:
    """True when the missing trials might have made it pass: an author's skip is final."""
    never_begun = case.outcome is Outcome.SKIPPED and not case.case.skip
    return case.outcome is Outcome.ERRORED or never_begun
