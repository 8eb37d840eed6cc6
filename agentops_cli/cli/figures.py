"""Metrics on a terminal: the averages, the weakest slices and labels, the usual mistakes."""

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from agentops_cli.model.metric import Figure, MetricResult
from agentops_cli.model.result import RunResult
from agentops_cli.reporters.metrics import (
    Measured,
    figure_names,
    measured,
    mistakes,
    observations,
    shown,
    with_interval,
)
from agentops_cli.reporters.wording import counted, flat

_SHOWN = 3


def metric_parts(run: RunResult, *, verbose: bool) -> Iterator[Table | Text]:
    """A table for each metric on each model, and lines on what is weakest in it.

    `verbose` shows every slice, every label and every mistake.
    """
    for suite in run.suites:
        for metric in measured(suite):
            most = len(metric.slices) if verbose else _SHOWN
            yield Text(f"\n{flat(f'{metric.whole.name} on {metric.whole.model}')}", style="bold")
            yield _table(metric, most)
            if (more := len(metric.slices) - most) > 0:
                yield Text(f"  … and {counted(more, 'better slice')}: --verbose")
            yield from _lines(metric.whole, verbose=verbose)


def _table(metric: Measured, most: int) -> Table:
    results = (metric.whole, *metric.slices[:most])
    names = figure_names(results)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 2))
    for heading in ("slice", "n", *names):
        table.add_column(heading, justify="left" if heading == "slice" else "right")
    for result in results:
        show = shown if result.slice else with_interval
        table.add_row(
            Text(flat(result.slice or "all")),
            observations(result),
            *(show(result.figure(name)) for name in names),
        )
    return table


def _lines(result: MetricResult, *, verbose: bool) -> Iterator[Text]:
    recalls = [f for f in result.measures.figures if f.name.startswith("recall.")]
    recalls.sort(key=lambda figure: figure.value or 0.0)
    weakest = recalls if verbose else recalls[:_SHOWN]
    if weakest:
        yield Text(f"  recall: {_listed(weakest)}")
    found = [*mistakes(result, len(result.measures.mistakes) if verbose else _SHOWN)]
    if found:
        yield Text(flat(f"  {'; '.join(found)}"))


def _listed(figures: Sequence[Figure]) -> str:
    return ", ".join(
        f"{flat(figure.name.partition('.')[2])} {shown(figure)} of {figure.n:,}"
        for figure in figures
    )
