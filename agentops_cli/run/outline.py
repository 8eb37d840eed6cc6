"""The cases of a plan, of which there may be very many, and what holds for all of them together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import overload

from agentops_cli.model.judge import Judge
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.run.answers import answers_of
from agentops_cli.run.identity import PlanDigest
from agentops_cli.spool import spooled


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What is asked of all cases of a plan, so that nobody has to go over them for it.

    `suites` has the number of cases of each suite by its path, `labels` the first suite in which
    each model or cascade is asked, `judges` that of each suite which may be asked; all in the order
    of the plan. `trials` are all executions. It `compares` where an assertion is `similar`, and
    `scripts` are the assertions of functions, one of each. `digests` say of each suite what its
    cases are.
    """

    suites: Mapping[str, int]
    digests: Mapping[str, str]
    labels: Mapping[str, str]
    judges: Mapping[str, Judge]
    trials: int
    compares: bool
    scripts: tuple[AssertionSpec, ...] = ()


class PlannedCases(Sequence[PlannedCase]):
    """Planned cases in order, on disk where they are many, with their outline."""

    def __init__(self, cases: Iterable[PlannedCase]) -> None:
        """Takes all of them, one by one."""
        sketch = _Sketch()
        self._cases = spooled(sketch.drawn(cases))
        self.outline = sketch.outline()

    def __len__(self) -> int:
        return len(self._cases)

    @overload
    def __getitem__(self, at: int) -> PlannedCase: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[PlannedCase]: ...
    def __getitem__(self, at: int | slice) -> PlannedCase | Sequence[PlannedCase]:
        return self._cases[at]

    def __iter__(self) -> Iterator[PlannedCase]:
        return iter(self._cases)


def outline_of(cases: Sequence[PlannedCase]) -> Outline:
    """The outline of planned cases; they are gone over where that was not done before."""
    return (cases if isinstance(cases, PlannedCases) else PlannedCases(cases)).outline


@dataclass(slots=True)
class _Sketch:
    """An outline while the cases go by."""

    suites: dict[str, int] = field(default_factory=dict)
    digests: defaultdict[str, PlanDigest] = field(default_factory=lambda: defaultdict(PlanDigest))
    labels: dict[str, str] = field(default_factory=dict)
    judges: dict[str, Judge] = field(default_factory=dict)
    trials: int = 0
    compares: bool = False
    scripts: dict[tuple[str, str], AssertionSpec] = field(default_factory=dict)

    def drawn(self, cases: Iterable[PlannedCase]) -> Iterator[PlannedCase]:
        """The cases, each of which is taken into account as it goes by."""
        for planned in cases:
            self._add(planned)
            yield planned

    def outline(self) -> Outline:
        return Outline(
            suites=self.suites,
            digests={suite: digest.value for suite, digest in self.digests.items()},
            labels=self.labels,
            judges=self.judges,
            trials=self.trials,
            compares=self.compares,
            scripts=tuple(self.scripts.values()),
        )

    def _add(self, planned: PlannedCase) -> None:
        case, suite = planned.case, planned.suite
        self.suites[suite] = self.suites.get(suite, 0) + 1
        self.digests[suite].add(planned)
        self.labels.setdefault(planned.model, suite)
        if planned.judge is not None:
            self.judges.setdefault(suite, planned.judge)
        if case.skip is not None:
            return
        self.trials += case.repeat
        for spec in chain.from_iterable(answers_of(case)):
            if spec.kind == "similar":
                self.compares = True
            elif spec.kind == "script":
                self.scripts.setdefault((spec.location.path, str(spec.args["value"])), spec)
