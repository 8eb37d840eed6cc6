"""All that a person reads on a terminal: results on stdout, everything about the run on stderr.

Whatever came from a model or a file is printed as plain text, its control characters spelled out:
an answer can neither colour nor move anything.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agentops_cli.cli.cases import OUTCOME_STYLES, case_parts
from agentops_cli.cli.figures import metric_parts
from agentops_cli.cli.streams import silence_stdout
from agentops_cli.errors import ExitCode
from agentops_cli.model.call import Purpose
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.money import ZERO, Cost
from agentops_cli.model.result import (
    CaseResult,
    Outcome,
    RunResult,
    SuiteResult,
)
from agentops_cli.model.settings import Accounting
from agentops_cli.ports import Trials
from agentops_cli.reporters.accounting import CAVEAT, words_of_agents
from agentops_cli.reporters.answerers import words_of_cascades, words_of_stand_ins
from agentops_cli.reporters.assumed import words_of_assumed
from agentops_cli.reporters.incidents import words_of_incidents
from agentops_cli.reporters.kept import words_of_kept
from agentops_cli.reporters.lost import words_of_lost
from agentops_cli.reporters.rates import rate_with_interval, words_of_repeats
from agentops_cli.reporters.run_json import RunJson
from agentops_cli.reporters.wording import (
    costs,
    counted,
    dollars,
    flat,
    seconds,
)

if TYPE_CHECKING:
    from agentops_cli.flows.forecast import Forecast
    from agentops_cli.flows.refusals import Reach

SHOWN_FINDINGS = 50
SHOWN_CASES = 20
SHOWN_CASES_OF_A_PASS = 3
SHOWN_INCIDENTS = 8
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
    place = f"{flat(str(finding.location))}  " if finding.location else ""
    style = _SEVERITY_STYLES[finding.severity]
    line = Text(place, style="bold")
    line.append(finding.severity.word, style=style)
    line.append(f"  {flat(finding.message)}  [{flat(finding.rule)}]", style="default")
    out.print(line, soft_wrap=True)
    if finding.fix:
        _say(out, f"  fix: {flat(finding.fix)}")


def print_problem(message: str, fix: str | None) -> None:
    """Prints what ended a command, on stderr."""
    out = console(stderr=True)
    _say(out, f"error: {flat(message)}", "red")
    if fix:
        _say(out, f"  fix: {flat(fix)}")


def say(message: str) -> None:
    """Tells something about the run, on stderr."""
    _say(console(stderr=True), flat(message))


def _say(out: Console, message: str, style: str = "default") -> None:
    out.print(Text(message, style=style), soft_wrap=True)


def print_forecast(
    rows: "Sequence[Forecast]", *, budget_usd: Decimal | None, limits: "Sequence[Reach]"
) -> None:
    """The upper bounds of a dry run, on stdout, and what the limits would not let through."""
    from agentops_cli.flows.refusals import words_of_refusals  # Of a dry run, as below.

    out = console()
    table = _table("suite", "model", "cases", "calls", "input tokens", "output tokens", "dollars")
    for row in rows:
        table.add_row(
            row.suite,
            _asked_for(row),
            f"{row.cases:,}",
            f"{row.calls:,}",
            _most_tokens(row.input_tokens),
            _most_tokens(row.output_tokens),
            _usually(row.cost),
        )
    out.print(table)
    total = sum((row.cost for row in rows), Cost())
    calls = sum(row.calls for row in rows)
    limit = "" if budget_usd is None else f", of a budget of {dollars(budget_usd)}"
    _say(out, f"{counted(calls, 'call')}, {_usually(total)}{limit}. No call was made.", "bold")
    worst = sum((row.worst for row in rows), Cost())
    worst_calls = counted(sum(row.worst_calls for row in rows), "call")
    _say(out, f"Up to {worst_calls}, {_at_most(worst)}, where calls fail and are made again.")
    mostly = sum((row.mostly for row in rows), Cost())
    if mostly != total:
        _say(out, f"Usually at most {costs(mostly)} where no answer calls a tool more than once.")
    for words in words_of_refusals(limits):
        _say(out, flat(words), "yellow")


def print_forecast_as_json(
    rows: "Sequence[Forecast]", *, budget_usd: Decimal | None, limits: "Sequence[Reach]"
) -> None:
    """The same as JSON, and nothing else, on stdout."""
    from agentops_cli.flows.forecast import json_of_forecast
    from agentops_cli.flows.refusals import json_of_reaches

    found = json_of_forecast(rows, budget_usd=budget_usd)
    found["limits"] = [*json_of_reaches(limits)]
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False))


def _asked_for(row: "Forecast") -> str:
    """The model of a row and, unless it is a plain subject, when it is asked."""
    if row.purpose is Purpose.JUDGE:
        return f"{row.model} (judge)"
    if row.in_place_of:
        return f"{row.model} (in place of {row.in_place_of})"
    return f"{row.model} (after {row.after})" if row.after else row.model


def _most_tokens(tokens: int | None) -> str:
    return "unknown" if tokens is None else f"≤ {tokens:,}"


def _at_most(cost: Cost) -> str:
    text = costs(cost)
    return text if cost.usd == ZERO else f"at most {text}"


def _usually(cost: Cost) -> str:
    """What holds where every call is answered at its first attempt."""
    text = _at_most(cost)
    return text if cost.usd == ZERO else f"usually {text}"


def print_run(run: RunResult, trials: Trials, *, quiet: bool, verbose: bool) -> None:
    """The verdict of a run with its table, its failures and its errors, on stdout.

    `quiet` leaves out what is not wrong; `verbose` shows every case, and all that was asserted.
    """
    out = console()
    for words in words_of_stand_ins(run):
        _say(out, flat(words), "yellow")
    if not quiet:
        _print_figures(out, run, verbose=verbose)
    wanted = tuple(Outcome) if verbose else (Outcome.FAILED, Outcome.ERRORED)
    there = sum(run.totals.outcomes.get(outcome, 0) for outcome in wanted)
    # Failures that the gate leaves room for are worth a look, not a wall.
    usual = SHOWN_CASES_OF_A_PASS if run.passed else SHOWN_CASES
    limit = there if verbose else usual
    for suite, case in islice(_cases(run, wanted), limit):
        out.print()
        for line in case_parts(suite, case, trials.of(case), verbose=verbose):
            line.print(out)
    more = there - limit
    if more > 0:
        _say(out, f"\n… and {counted(more, 'more case')}: see the reports, or --verbose")
    if not quiet:
        _print_apart(out, run)
        _print_incidents(out, run, verbose=verbose)
    if run.reasons:
        out.print()
    for reason in run.reasons:
        _print_finding(out, reason)
    _print_verdict(out, run)


def _print_figures(out: Console, run: RunResult, *, verbose: bool) -> None:
    """The table of the suites, what there is to say of it, and the metrics."""
    out.print(_suite_table(run))
    _print_agents(out, run)
    for words in words_of_cascades(run):
        _say(out, flat(words), "dim")
    asides = (
        words_of_kept(run),
        words_of_assumed(run),
        words_of_lost(run),
        *words_of_repeats(run),
    )
    for aside in filter(None, asides):
        _say(out, flat(aside), "dim")
    for part in metric_parts(run, verbose=verbose):
        out.print(part, soft_wrap=isinstance(part, Text))


def print_note(message: str) -> None:
    """Prints what is worth knowing and nothing is wrong with, on stderr."""
    _say(console(stderr=True), flat(message))


def print_way_on(run: RunResult, *, refusing: Sequence[str], is_replay: bool) -> None:
    """How to go on with a run of which something is missing, on stderr; nothing for any other.

    `refusing` are the limits that kept it from that: what to raise, and where.
    """
    if run.exit_code is ExitCode.OK or not run.totals.undecided:
        return
    if is_replay:
        print_note("to have it, record it: run the suites with --record missing")
        return
    raised = " and ".join(limit for limit in refusing if limit != "--budget")
    first = f"raise {raised}, then: " if raised else ""
    more = " --budget USD" if "--budget" in refusing else ""
    print_note(f"to go on with it: {first}agentops eval --resume {run.run_id}{more}")


def print_as_json(run: RunResult, trials: Trials) -> None:
    """The result JSON, and nothing else, on stdout."""
    RunJson().write(run, trials, sys.stdout)


def _cases(run: RunResult, wanted: Sequence[Outcome]) -> Iterator[tuple[SuiteResult, CaseResult]]:
    """The cases by outcome, in the wanted order; suites that have none of it are not walked."""
    for outcome in wanted:
        for suite in run.suites:
            if suite.totals.outcomes.get(outcome):
                yield from ((suite, case) for case in suite.cases if case.outcome is outcome)


def _suite_table(run: RunResult) -> Table:
    heads = ("suite", "model", "cases", "passed", "failed", "errored", "rate (95%)", "cost", "p50")
    table = _table(*heads)
    for suite in run.suites:
        for model, totals in suite.by_model.items():
            counts = totals.outcomes
            flaky = f" ({counts[Outcome.FLAKY]} flaky)" if counts.get(Outcome.FLAKY) else ""
            table.add_row(
                flat(suite.path),
                flat(model),
                f"{totals.cases:,}",
                Text(f"{totals.good:,}{flaky}", style="green" if totals.good else "default"),
                _count(counts, Outcome.FAILED),
                _count(counts, Outcome.ERRORED),
                rate_with_interval(totals),
                costs(totals.cost + totals.judge_cost),
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
        _say(out, f"{flat(agent)}: {words}", "dim")
    if not all(_is_enforced(suite) for suite in run.suites):
        _say(out, CAVEAT, "dim")


def _is_enforced(suite: SuiteResult) -> bool:
    return all(how is Accounting.ENFORCED for how in suite.accounting.values())


def _print_apart(out: Console, run: RunResult) -> None:
    """What gates nothing is said, so that nobody takes it for passed."""
    counts = run.totals.outcomes
    apart = [f"{counts[outcome]} {outcome}" for outcome in _APART if counts.get(outcome)]
    if apart:
        _say(out, f"\nnot part of the rate: {', '.join(apart)}")


def _print_incidents(out: Console, run: RunResult, *, verbose: bool) -> None:
    """What held calls up, or made them again: it tells why a run took its time."""
    most = len(run.incidents) if verbose else SHOWN_INCIDENTS
    lines = [*words_of_incidents(run, most=most)]
    if lines:
        out.print()
    for line in lines:
        _say(out, flat(line), "dim")


def _print_verdict(out: Console, run: RunResult) -> None:
    totals = run.totals
    head, style = _VERDICTS.get(run.exit_code, ("NO VERDICT", "bold magenta"))
    meaning = run.meaning
    if run.shard and run.exit_code is ExitCode.OK:
        head, style, meaning = str(run.shard).upper(), "bold", "A part has no verdict by itself."
    flaky = totals.outcomes.get(Outcome.FLAKY, 0)
    line = Text("\n")
    line.append(head, style=style)
    line.append(
        f"  {totals.good} of {totals.judged} judged cases passed"
        f"{f' ({flaky} flaky)' if flaky else ''}, "
        f"{totals.outcomes.get(Outcome.ERRORED, 0)} errored, "
        f"{costs(totals.cost + totals.judge_cost)}"
        f", {seconds((run.finished - run.started).total_seconds())}"
        f"  (exit {int(run.exit_code)}: {meaning})",
        style="default",
    )
    out.print(line, soft_wrap=True)


_VERDICTS = {ExitCode.OK: ("PASS", "bold green"), ExitCode.REJECTED: ("FAIL", "bold red")}


def print_lines(lines: Iterable[str]) -> None:
    """Plain lines on stdout, as they are."""
    out = console()
    for line in lines:
        _say(out, line)
