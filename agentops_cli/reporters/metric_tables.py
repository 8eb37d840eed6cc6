"""The figures of metrics as Markdown tables."""

from collections.abc import Iterator
from typing import TextIO

from agentops_cli.model.metric import MetricResult
from agentops_cli.model.result import RunResult
from agentops_cli.reporters.markup import cell, code, table
from agentops_cli.reporters.metrics import (
    Measured,
    by_label,
    figure_names,
    measured,
    mistakes,
    observations,
    with_interval,
)
from agentops_cli.reporters.wording import counted

_MOST_SLICES = 20
_MOST_MISTAKES = 5
_OPEN_ROWS = 8
"""A larger confusion is folded; the JSON report has it too."""


def write_metrics(run: RunResult, out: TextIO) -> None:
    """A section for each metric on each model: its averages, its labels, its confusion."""
    for suite in run.suites:
        for metric in measured(suite):
            _write_metric(metric, out)


def _write_metric(metric: Measured, out: TextIO) -> None:
    whole = metric.whole
    out.write(f"\n### Metric {code(whole.name)} on {code(whole.model)}\n\n")
    out.write(f"{code(whole.kind)} at {code(str(whole.location))}\n\n")
    out.writelines(_averages(metric))
    out.write("\n")
    out.writelines(_labels(whole))
    if worst := [*mistakes(whole, _MOST_MISTAKES)]:
        out.write(f"\nMistakes: {'; '.join(map(code, worst))}.\n")
    _write_confusion(whole, out)


def _averages(metric: Measured) -> Iterator[str]:
    """A line for all cases, and one for each slice, the worst first."""
    shown = (metric.whole, *metric.slices[:_MOST_SLICES])
    names = figure_names(shown)
    rows = (
        (
            cell(result.slice) if result.slice else "all",
            observations(result),
            *(with_interval(result.figure(name)) for name in names),
        )
        for result in shown
    )
    yield from table(("slice", "n", *(f"{name} (95%)" for name in names)), rows)
    more = len(metric.slices) - _MOST_SLICES
    if more > 0:
        yield f"\n{counted(more, 'better slice')}: see the JSON report.\n"


def _labels(result: MetricResult) -> Iterator[str]:
    """A line for each label or field; `n` of its recall is how often it was expected."""
    labels = by_label(result)
    if not labels:
        return
    kinds = tuple(dict.fromkeys(f.name.partition(".")[0] for fs in labels.values() for f in fs))
    rows = (
        (
            cell(label),
            *(with_interval(result.figure(f"{kind}.{label}")) for kind in kinds),
            f"{expected.n:,}" if (expected := result.figure(f"recall.{label}")) else "-",
        )
        for label in labels
    )
    yield from table(("label", *(f"{kind} (95%)" for kind in kinds), "expected"), rows)


def _write_confusion(result: MetricResult, out: TextIO) -> None:
    measures = result.measures
    if not measures.confusion:
        return
    heads = ("expected ↓ given →", *map(cell, measures.columns))
    rows = (
        (cell(label), *(f"{count:,}" for count in row))
        for label, row in zip(measures.labels, measures.confusion, strict=True)
    )
    lines = table(heads, rows)
    if len(measures.labels) <= _OPEN_ROWS:
        out.write("\n")
        out.writelines(lines)
        return
    title = f"Confusion of {counted(len(measures.labels), 'label')}"
    out.write(f"\n<details><summary>{title}</summary>\n\n")
    out.writelines(lines)
    out.write("\n</details>\n")
