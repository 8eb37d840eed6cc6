"""Builds metrics and counts answers, as the tests of this folder want them."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from agentops_cli.metrics.classification import Classification
from agentops_cli.metrics.extraction import Extraction
from agentops_cli.model.json import Json
from agentops_cli.model.metric import Cell, Measures, MetricSpec
from agentops_cli.ports import Metric
from tests.builders import a_completion, a_place

LABELS = ("billing", "bug", "other")


def spec_of(kind: str, **args: Json) -> MetricSpec:
    return MetricSpec(kind=kind, name=kind, args=args, location=a_place())


def a_classification(**changes: Any) -> Classification:
    """Three labels, the whole answer."""
    args: dict[str, Json] = {"labels": list(LABELS), **changes}
    return Classification(spec_of("classification", **args))


def an_extraction(**changes: Any) -> Extraction:
    """Two fields of an answer that is JSON."""
    args: dict[str, Json] = {"fields": ["invoice", "total"], **changes}
    return Extraction(spec_of("extraction", **args))


def cells_of(metric: Metric, expected: Json, answer: str) -> list[Cell]:
    """What one answer adds."""
    return [*metric.cells(metric.reference(expected), a_completion(answer))]


def measured(metric: Metric, pairs: Iterable[tuple[Json, str]]) -> Measures:
    """The figures of answers, each with what was expected."""
    counts: Counter[Cell] = Counter()
    for expected, answer in pairs:
        counts.update(cells_of(metric, expected, answer))
    return metric.measure(counts, metric.names)


def value(measures: Measures, name: str) -> float | None:
    """The value of one figure."""
    return next(figure.value for figure in measures.figures if figure.name == name)
