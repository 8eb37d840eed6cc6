"""The result as JSON: complete, and what every other report and later run can be made from."""

from typing import TextIO

from agentops_cli.model.codec import (
    json_of_gate,
    json_of_metric,
    json_of_run_head,
    json_of_suite_head,
    json_of_totals,
    pieces_of_case,
)
from agentops_cli.model.json import JsonObject
from agentops_cli.model.result import RunResult, SuiteResult, Totals
from agentops_cli.model.result_lines import SuiteLines, write_result
from agentops_cli.ports import Trials
from agentops_cli.reporters.rates import interval_of
from agentops_cli.run.estimates import repeat_figures


class RunJson:
    """The result file; its contract is `schemas/result.schema.json`.

    Keys come in a fixed order, each case and each metric stands on a line of its own, so that the
    same run gives the same bytes, and a text diff or `grep` finds its way.
    """

    def write(self, run: RunResult, trials: Trials, out: TextIO) -> None:
        """Writes the result, holding one case at a time."""
        write_result(
            out,
            run=json_of_run_head(run),
            suites=(_suite_lines(run, suite, trials) for suite in run.suites),
            totals=json_of_totals(run),
            gate=json_of_gate(run),
        )


def _suite_lines(run: RunResult, suite: SuiteResult, trials: Trials) -> SuiteLines:
    places = run.shard.places if run.shard else None
    head = json_of_suite_head(suite)
    return SuiteLines(
        head={**head, **_json_of_interval(suite.totals), "repeats": _json_of_repeats(suite)},
        cases=(
            pieces_of_case(case, trials.texts(case), place=places[case.index] if places else None)
            for case in suite.cases
        ),
        metrics=map(json_of_metric, suite.metrics),
    )


def _json_of_interval(totals: Totals) -> JsonObject:
    interval = interval_of(totals)
    low, high = interval or (None, None)
    return {"passRateLow": low, "passRateHigh": high}


def _json_of_repeats(suite: SuiteResult) -> JsonObject:
    """By model; a model of which no case was repeated is not in it."""
    return {
        model: [
            {
                "k": figure.k,
                "passAtK": figure.any_passes,
                "passHatK": figure.all_pass,
                "cases": figure.cases,
            }
            for figure in repeat_figures(totals.ends)
        ]
        for model, totals in suite.by_model.items()
        if totals.ends
    }
