"""All that a person reads on a terminal: results on stdout, everything about the run on stderr.

Whatever came from a model or a file is printed as plain text, its control characters spelled out:
an answer can neither colour nor move anything.
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agentops_cli.cli.cases import OUTCOME_STYLES, case_parts
from agentops_cli.cli.figures import metric_parts
from agentops_cli.cli.streams import silence_stdout
from agentops_cli.errors import ExitCode
from agentops_cli.flows.forecast import Forecast, json_of_forecast
from agentops_cli.model.call import Purpose
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.money import ZERO, Cost
from agentops_cli.model.result import (
    Outcome,
    RunResult,
    SuiteResult,
    count_outcomes,
    pass_rate,
    total_cost,
)
from agentops_cli.model.settings import Accounting
from agentops_cli.ports import Trials
from agentops_cli.reporters.accounting import CAVEAT, words_of_agents
from agentops_cli.reporters.run_json import RunJson
from agentops_cli.reporters.wording import (
    costs,
    counted,
    dollars,
    percent,
    seconds,
    visible,
)

SHOWN_FINDINGS = 50
SHOWN_CASES = 20
SHOWN_CASES_OF_A_PASS = 3
_WIDTH, _LEAST_WIDTH = 120, 40

_SEVERITY_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_APART = (Outcome.SKIPPED, Outcome.XFAILED, Outcome.QUARANTINED)


class _Console(Console):
    """A console whose reader may leave without changing what the command has to say."""

    def on_broken_pipe(self) -> None:
        """Goes on in silence: the exit code is still the verdict's."""
        silence_stdout()


def console(*, stderr: bool = False) -> Console:
    """A console that keeps long paths whole; colours only where they are wanted."""
    # Without a terminal there is no width to fit into, and a log should not be wrapped.
    stream = sys.stderr if stderr else sys.stdout
    columns = os.environ.get("COLUMNS", "")
    width = max(int(columns), _LEAST_WIDTH) if columns.isdecimal() else _WIDTH
    return _Console(
        stderr=stderr,
        width=None if stream.isatty() else width,
        highlight=False,
        markup=False,
        emoji=False,
    )


def print_findings(findings: Sequence[Finding]) -> None:
    """Prints findings on stderr, worst things said first in reading order, and how many."""
    out = console(stderr=True)
    for finding in findings[:SHOWN_FINDINGS]:
        _print_finding(out, finding)
    more = len(findings) - SHOWN_FINDINGS
    if more > 0:
        _say(out, f"… and {counted(more, 'more finding')}")
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    if errors:
        _say(out, f"{counted(errors, 'mistake')} found; nothing was run or spent", "bold")


def _print_finding(out: Console, finding: Finding) -> None:
    place = f"{finding.location}  " if finding.location else ""
    style = _SEVERITY_STYLES[finding.severity]
    line = Text(place, style="bold")
    line.append(finding.severity.word, style=style)
    line.append(f"  {visible(finding.message)}  [{finding.rule}]", style="default")
    out.print(line, soft_wrap=True)
    if finding.fix:
        _say(out, f"  fix: {visible(finding.fix)}")


def print_problem(message: str, fix: str | None) -> None:
    """Prints what ended a command, on stderr."""
    out = console(stderr=True)
    _say(out, f"error: {visible(message)}", "red")
    if fix:
        _say(out, f"  fix: {visible(fix)}")


def say(message: str) -> None:
    """Tells something about the run, on stderr."""
    _say(console(stderr=True), message)


def _say(out: Console, message: str, style: str = "default") -> None:
    out.print(Text(message, style=style), soft_wrap=True)


def print_forecast(rows: Sequence[Forecast], *, budget_usd: Decimal | None) -> None:
    """The upper bounds of a dry run, on stdout."""
    out = console()
    table = _table("suite", "model", "cases", "calls", "input tokens", "output tokens", "dollars")
    for row in rows:
        table.add_row(
            row.suite,
            f"{row.model} (judge)" if row.purpose is Purpose.JUDGE else row.model,
            f"{row.cases:,}",
            f"{row.calls:,}",
            _most_tokens(row.input_tokens),
            _most_tokens(row.output_tokens),
            _at_most(row.cost),
        )
    out.print(table)
    total = sum((row.cost for row in rows), Cost())
    calls = sum(row.calls for row in rows)
    limit = "" if budget_usd is None else f", of a budget of {dollars(budget_usd)}"
    _say(out, f"{counted(calls, 'call')}, {_at_most(total)}{limit}. No call was made.", "bold")
    mostly = sum((row.mostly for row in rows), Cost())
    if mostly != total:
        _say(out, f"At most {costs(mostly)} where no answer calls a tool more than once.")


def print_forecast_as_json(rows: Sequence[Forecast], *, budget_usd: Decimal | None) -> None:
    """The same as JSON, and nothing else, on stdout."""
    found = json_of_forecast(rows, budget_usd=budget_usd)
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False))


def _most_tokens(tokens: int | None) -> str:
    return "unknown" if tokens is None else f"≤ {tokens:,}"


def _at_most(cost: Cost) -> str:
    text = costs(cost)
    return text if cost.usd == ZERO else f"at most {text}"


def print_run(run: RunResult, trials: Trials, *, quiet: bool, verbose: bool) -> None:
    """The verdict of a run with its table, its failures and its errors, on stdout.

    `quiet` leaves out what is not wrong; `verbose` shows every case, and all that was asserted.
    """
    out = console()
    if not quiet:
        out.print(_suite_table(run))
        _print_agents(out, run)
        for part in metric_parts(run, verbose=verbose):
            out.print(part, soft_wrap=isinstance(part, Text))
    wanted = tuple(Outcome) if verbose else (Outcome.FAILED, Outcome.ERRORED)
    shown = [
        (suite, case)
        for outcome in wanted
        for suite in run.suites
        for case in suite.cases
        if case.outcome is outcome
    ]
    # Failures that the gate leaves room for are worth a look, not a wall.
    usual = SHOWN_CASES_OF_A_PASS if run.passed else SHOWN_CASES
    limit = len(shown) if verbose else usual
    for suite, case in shown[:limit]:
        out.print()
        for line in case_parts(suite, case, trials.of(case), verbose=verbose):
            line.print(out)
    more = len(shown) - limit
    if more > 0:
        _say(out, f"\n… and {counted(more, 'more case')}: see the reports, or --verbose")
    if not quiet:
        _print_apart(out, run)
    if run.reasons:
        out.print()
    for reason in run.reasons:
        _print_finding(out, reason)
    _print_verdict(out, run)


def print_as_json(run: RunResult, trials: Trials) -> None:
    """The result JSON, and nothing else, on stdout."""
    RunJson().write(run, trials, sys.stdout)


def _suite_table(run: RunResult) -> Table:
    table = _table("suite", "model", "cases", "passed", "failed", "errored", "rate", "cost", "p50")
    for suite in run.suites:
        for model in suite.models:
            cases = [case for case in suite.cases if case.model == model]
            counts = count_outcomes(cases)
            flaky = f" ({counts[Outcome.FLAKY]} flaky)" if counts[Outcome.FLAKY] else ""
            passed = counts[Outcome.PASSED] + counts[Outcome.FLAKY]
            table.add_row(
                suite.path,
                model,
                f"{len(cases):,}",
                Text(f"{passed:,}{flaky}", style="green" if passed else "default"),
                _count(counts, Outcome.FAILED),
                _count(counts, Outcome.ERRORED),
                percent(pass_rate(counts)),
                costs(total_cost(cases)),
                # Of several models it is nobody's own.
                seconds(suite.p50_latency_s) if len(suite.models) == 1 else "",
            )
    return table


def _count(counts: Mapping[Outcome, int], outcome: Outcome) -> Text:
    number = counts.get(outcome, 0)
    return Text(f"{number:,}", style=OUTCOME_STYLES[outcome] if number else "default")


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in headings:
        words = heading in {"suite", "model"}
        table.add_column(heading, justify="left" if words else "right", overflow="fold")
    return table


def _print_agents(out: Console, run: RunResult) -> None:
    """How the dollars in the table are known, where they are not those of prices."""
    agents = words_of_agents(run)
    for agent, words in agents.items():
        _say(out, f"{visible(agent)}: {words}", "dim")
    if not all(_is_enforced(suite) for suite in run.suites):
        _say(out, CAVEAT, "dim")


def _is_enforced(suite: SuiteResult) -> bool:
    return all(how is Accounting.ENFORCED for how in suite.accounting.values())


def _print_apart(out: Console, run: RunResult) -> None:
    """What gates nothing is said, so that nobody takes it for passed."""
    counts = count_outcomes(run.cases)
    apart = [f"{counts[outcome]} {outcome}" for outcome in _APART if counts[outcome]]
    if apart:
        _say(out, f"\nnot part of the rate: {', '.join(apart)}")


def _print_verdict(out: Console, run: RunResult) -> None:
    cases = list(run.cases)
    counts = count_outcomes(cases)
    head, style = _VERDICTS.get(run.exit_code, ("NO VERDICT", "bold magenta"))
    good = counts[Outcome.PASSED] + counts[Outcome.FLAKY]
    line = Text("\n")
    line.append(head, style=style)
    line.append(
        f"  {good} of {good + counts[Outcome.FAILED]} judged cases passed, "
        f"{counts[Outcome.ERRORED]} errored, {costs(total_cost(cases))}"
        f", {seconds((run.finished - run.started).total_seconds())}"
        f"  (exit {int(run.exit_code)}: {run.exit_code.meaning})",
        style="default",
    )
    out.print(line, soft_wrap=True)


_VERDICTS = {ExitCode.OK: ("PASS", "bold green"), ExitCode.REJECTED: ("FAIL", "bold red")}


def print_lines(lines: Iterable[str]) -> None:
    """Plain lines on stdout, as they are."""
    out = console()
    for line in lines:
        _say(out, line)
