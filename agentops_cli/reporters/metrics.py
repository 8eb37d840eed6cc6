"""Figures of metrics in words, the same in every report."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agentops_cli.model.metric import Figure, MetricResult
from agentops_cli.model.result import SuiteResult
from agentops_cli.reporters.wording import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One metric of a suite on one model: all of its cases, and its slices, the worst first."""

    whole: MetricResult
    slices: tuple[MetricResult, ...]


def measured(suite: SuiteResult) -> Iterator[Measured]:
    """The metrics of a suite, model by model."""
    for whole in suite.metrics:
        if whole.slice is None:
            slices = (
                result
                for result in suite.metrics
                if result.slice is not None
                and (result.name, result.model) == (whole.name, whole.model)
            )
            yield Measured(whole=whole, slices=tuple(sorted(slices, key=_lowest)))


def _lowest(result: MetricResult) -> float:
    return min((figure.value or 0.0 for figure in averages(result)), default=0.0)


def averages(result: MetricResult) -> tuple[Figure, ...]:
    """The figures over all labels or fields."""
    return tuple(figure for figure in result.measures.figures if "." not in figure.name)


def by_label(result: MetricResult) -> Mapping[str, Sequence[Figure]]:
    """The figures of each label or field that has any, in the metric's order."""
    found: dict[str, list[Figure]] = {}
    for figure in result.measures.figures:
        _, dot, label = figure.name.partition(".")
        if dot:
            found.setdefault(label, []).append(figure)
    return found


def shown(figure: Figure | None) -> str:
    """`0.847`, or a dash for what is not defined or does not apply."""
    return "-" if figure is None or figure.value is None else f"{figure.value:.3f}"


def with_interval(figure: Figure | None) -> str:
    """`0.847 (0.801 to 0.883)`."""
    if figure is None or figure.low is None or figure.high is None:
        return shown(figure)
    return f"{shown(figure)} ({figure.low:.3f} to {figure.high:.3f})"


def observations(result: MetricResult) -> str:
    """`297, 3 without a verdict`."""
    missing = f", {result.unjudged:,} without a verdict" if result.unjudged else ""
    return f"{result.n:,}{missing}"


def mistakes(result: MetricResult, most: int) -> Iterator[str]:
    """The most frequent mistakes, and how many kinds there are besides."""
    found = result.measures.mistakes
    yield from (mistake.text for mistake in found[:most])
    if len(found) > most:
        yield f"{counted(len(found) - most, 'rarer kind')}"


def figure_names(results: Iterable[MetricResult]) -> tuple[str, ...]:
    """The names of all averages, each once."""
    return tuple(dict.fromkeys(figure.name for result in results for figure in averages(result)))


def metric_properties(suite: SuiteResult, model: str) -> Mapping[str, str]:
    """`metric.macroF1` with its value, and so for each figure; slices have their averages.

    Of several metrics each figure bears the name of its own: `metric.triage.macroF1`.
    """
    several = len({result.name for result in suite.metrics}) > 1
    found: dict[str, str] = {}
    for result in suite.metrics:
        if result.model != model:
            continue
        head = f"metric.{result.name}." if several else "metric."
        tail = f"[{result.slice}]" if result.slice else ""
        figures = averages(result) if result.slice else result.measures.figures
        for figure in figures:
            value = "undefined" if figure.value is None else f"{figure.value:.6f}"
            found[f"{head}{figure.name}{tail}"] = value
        found[f"{head}n{tail}"] = str(result.n)
        found[f"{head}unjudged{tail}"] = str(result.unjudged)
    return found
