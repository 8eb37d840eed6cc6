"""Pass rates with what is known of them, and what repeats tell, the same in every report."""

from collections.abc import Iterator

from agentops_cli.intervals import wilson
from agentops_cli.model.result import CaseResult, RunResult, SuiteResult, Totals
from agentops_cli.reporters.wording import counted, percent
from agentops_cli.run.estimates import RepeatFigure, repeat_figures


def interval_of(totals: Totals) -> tuple[float, float] | None:
    """The 95 % interval of a pass rate, Wilson's; each case is one observation. None without any.

    Repeats are within their case: they resemble each other, and would make it look too sure.
    """
    return wilson(totals.good, totals.judged) if totals.judged else None


def rate_with_interval(totals: Totals) -> str:
    """`66.7% (43% to 85%)`, or a dash where none was judged."""
    interval = interval_of(totals)
    if interval is None:
        return percent(None)
    low, high = interval
    return f"{percent(totals.pass_rate)} ({low:.0%} to {high:.0%})"


def words_of_repeats(run: RunResult) -> Iterator[str]:
    """A line for each suite and model with cases that were repeated, with the largest k.

    `evals/a.yaml on openai/gpt-4o: pass@1 75.0%, pass@5 98.0% (one of 5 tries passes), …`.
    """
    for suite in run.suites:
        for model, totals in suite.by_model.items():
            if figures := [*repeat_figures(totals.ends)]:
                yield f"{suite.path} on {model}: {_words(figures)}"
    if spared := sum(_spared(suite) for suite in run.suites):
        were = "was" if spared == 1 else "were"
        yield (
            f"{counted(spared, 'repeat')} {were} not needed (--repeat auto); pass@k and pass^k are "
            "not told of cases that ended early: they would lean to one side"
        )


def _words(figures: list[RepeatFigure]) -> str:
    once, most = figures[0], figures[-1]
    k = most.k
    return (
        f"pass@1 {percent(once.any_passes)}, "
        f"pass@{k} {percent(most.any_passes)} (one of {k} tries passes), "
        f"pass^{k} {percent(most.all_pass)} (all {k} do); {counted(most.cases, 'case')}"
    )


def _spared(suite: SuiteResult) -> int:
    return suite.totals.tally.spared


def words_of_tally(case: CaseResult) -> str:
    """`2 of 5 repeats passed, 4 must`; `3 of 5 repeats were enough, 3 of them passed, 3 must`."""
    planned, tally = case.case, case.tally
    must = f"{planned.repeat_pass} must"
    if not tally.spared:
        return f"{tally.passed} of {planned.repeat} repeats passed, {must}"
    run = planned.repeat - tally.spared
    return f"{run} of {planned.repeat} repeats were enough, {tally.passed} of them passed, {must}"
