"""Figures over a whole suite, beside the pass and fail of its cases."""

from collections.abc import Mapping
from dataclasses import dataclass

from agentops_cli.model.json import Json
from agentops_cli.model.place import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """One metric as written; `name` is unique in its suite.

    `args` holds the arguments of the kind but `expected`, whose value for each case, templates
    rendered, is in `Case.references` under the metric's name. `by` is a tag prefix or a column
    whose values make slices, None for none.
    """

    kind: str
    name: str
    args: Mapping[str, Json]
    location: Location
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricGate:
    """The least value of one figure, 0 to 1.

    `in_slices` holds for each slice; None where slices are shown and gate nothing.
    """

    least: float
    location: Location
    in_slices: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number of a metric, 0 to 1, over `n` observations; None where it is not defined.

    `low` and `high` are its 95 % interval, None where there is none.
    """

    name: str
    value: float | None
    n: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricResult:
    """What a metric found on one model, over all cases or over one slice.

    `slice` is None for all, else such as `lang:de`. `unjudged` trials had no answer and count
    nowhere. Of a classification `labels` name the rows (expected) and columns (predicted) of
    `confusion`; its columns are one more than the rows: answers that are none of the labels.
    """

    name: str
    kind: str
    model: str
    location: Location
    figures: tuple[Figure, ...]
    n: int
    unjudged: int = 0
    slice: str | None = None
    labels: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()

    @property
    def by_name(self) -> Mapping[str, Figure]:
        """The figures by their names."""
        return {figure.name: figure for figure in self.figures}
