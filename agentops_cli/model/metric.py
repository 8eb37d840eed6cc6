"""Figures over a whole suite, beside the pass and fail of its cases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

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

    `undefined` then says why, as a clause. `low` and `high` are its 95 % interval, None where
    there is none.
    """

    name: str
    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    undefined: str | None = None

    def __str__(self) -> str:
        if self.value is None:
            return f"undefined ({self.undefined})"
        interval = ""
        if self.low is not None and self.high is not None:
            interval = f"95%: {self.low:.3f} to {self.high:.3f}, "
        return f"{self.value:.3f} ({interval}n = {self.n:,})"


Cell: TypeAlias = tuple[str, str]
"""A place in a metric's table: which row and which column one observation adds to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One way of being wrong, and how often: `12 of 15 'bug' were called 'other'`.

    It lowers the recall of `expected` and the precision of `given`, None where there is none.
    """

    text: str
    count: int
    expected: str | None = None
    given: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What a metric makes of its counted cells.

    `confusion` has a row for each of `labels` and a column for each of `columns`. The most
    frequent mistakes come first.
    """

    figures: tuple[Figure, ...]
    labels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricResult:
    """What a metric found on one model, over all cases or over one slice.

    `slice` is None for all, else such as `lang:de`. `n` trials were judged; `unjudged` ones had
    no verdict or never began, and count nowhere. `counts` are the cells that the measures are made
    of, and `asked` the names that its cases expect: of several parts of a run they are added up.
    """

    name: str
    kind: str
    model: str
    location: Location
    measures: Measures
    n: int
    unjudged: int = 0
    slice: str | None = None
    counts: Mapping[Cell, int] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()

    def figure(self, name: str) -> Figure | None:
        """One figure; None where it does not apply: a slice in which no case expects a label."""
        return next((figure for figure in self.measures.figures if figure.name == name), None)
