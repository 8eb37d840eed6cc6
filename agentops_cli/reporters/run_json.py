"""The result as JSON: complete, and what every other report and later run can be made from."""

from typing import TextIO

from agentops_cli.model.codec import (
    SCHEMA,
    dumps,
    json_of_case,
    json_of_gate,
    json_of_metric,
    json_of_run_head,
    json_of_suite_head,
    json_of_totals,
)
from agentops_cli.model.result import RunResult, SuiteResult
from agentops_cli.ports import Trials


class RunJson:
    """The result file; its contract is `schemas/result.schema.json`.

    Keys come in a fixed order, each case and each metric stands on a line of its own, so that the
    same run gives the same bytes, and a text diff or `grep` finds its way.
    """

    def write(self, run: RunResult, trials: Trials, out: TextIO) -> None:
        """Writes the result, holding one case at a time."""
        out.write(f'{{"schema":{SCHEMA},\n"run":{dumps(json_of_run_head(run))},\n"suites":[')
        for number, suite in enumerate(run.suites):
            out.write(",\n" if number else "\n")
            _write_suite(suite, trials, out)
        out.write(f'\n],\n"totals":{dumps(json_of_totals(run))},\n')
        out.write(f'"gate":{dumps(json_of_gate(run))}}}\n')


def _write_suite(suite: SuiteResult, trials: Trials, out: TextIO) -> None:
    head = dumps(json_of_suite_head(suite)).removesuffix("}")
    out.write(f'{head},\n"cases":[')
    for number, case in enumerate(suite.cases):
        out.write(",\n" if number else "\n")
        out.write(dumps(json_of_case(case, trials.of(case))))
    out.write('\n],\n"metrics":[')
    for number, metric in enumerate(suite.metrics):
        out.write(",\n" if number else "\n")
        out.write(dumps(json_of_metric(metric)))
    out.write("\n]}" if suite.metrics else "]}")
