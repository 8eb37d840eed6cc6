"""`agentops eval`: run suites, write reports, and say yes or no."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.cli.options import (
    Budget,
    Concurrency,
    DryRun,
    Format,
    NoProgress,
    Quiet,
    Timeout,
    Verbose,
    limits_typed,
)
from agentops_cli.cli.progress import Progress
from agentops_cli.cli.screen import (
    print_as_json,
    print_findings,
    print_forecast,
    print_forecast_as_json,
    print_problem,
    print_run,
)
from agentops_cli.errors import EmptyError, ExitCode, UsageError
from agentops_cli.flows.evaluate import EvalOptions, Prepared, prepare, run
from agentops_cli.flows.forecast import forecast
from agentops_cli.flows.report import report_paths, write_reports
from agentops_cli.flows.world import World
from agentops_cli.model.result import RunResult
from agentops_cli.ports import Trials
from agentops_cli.suite.select import Selection

app = typer.Typer(add_completion=False, context_settings=CONTEXT, rich_markup_mode=None)


@app.command()
def evaluate(
    suites: Annotated[
        list[str] | None,
        typer.Argument(
            help="Suite files, folders or patterns. Default: the configured ones.",
            metavar="[SUITE]...",
        ),
    ] = None,
    text: Annotated[
        str, typer.Option("-k", help="Only cases whose id contains this text.", metavar="TEXT")
    ] = "",
    tag: Annotated[
        list[str] | None,
        typer.Option(help="Only cases with this tag; may be repeated.", metavar="TAG"),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this model, or a pattern such as 'openai/*'; may be repeated.",
            metavar="MODEL",
        ),
    ] = None,
    case: Annotated[
        list[str] | None,
        typer.Option(help="Only the case of this id; may be repeated.", metavar="ID"),
    ] = None,
    repeat: Annotated[
        str | None, typer.Option(help="Run every case so many times.", metavar="N")
    ] = None,
    budget: Budget = None,
    concurrency: Concurrency = None,
    timeout: Timeout = None,
    junit: Annotated[str | None, typer.Option(help="Write JUnit XML.", metavar="FILE")] = None,
    json: Annotated[str | None, typer.Option(help="Write the result JSON.", metavar="FILE")] = None,
    jsonl: Annotated[
        str | None, typer.Option(help="Write trials as they finish, one a line.", metavar="FILE")
    ] = None,
    md: Annotated[str | None, typer.Option(help="Write a Markdown report.", metavar="FILE")] = None,
    cost: Annotated[
        str | None,
        typer.Option(
            help="Write the cost report, as JSON or Markdown by the name.", metavar="FILE"
        ),
    ] = None,
    dry_run: DryRun = False,
    no_cache: Annotated[
        bool,
        typer.Option("--no-cache", help="Ask judges anew, also what they were asked before."),
    ] = False,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Exit 0 when nothing is selected.")
    ] = False,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit 0 in place of 1; changes nothing else.")
    ] = False,
    output: Format = "text",
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_progress: NoProgress = False,
) -> int:
    """Run suites, write reports, and say yes or no.

    Without arguments the suites of the configuration are run. The exit code is 0 for yes, 1 for
    no, and above for no verdict: see `agentops explain exit-codes`.
    """
    world = World()
    options = EvalOptions(
        suites=tuple(suites or ()),
        selection=Selection(
            text=text,
            tags=frozenset(tag or ()),
            models=tuple(model or ()),
            cases=frozenset(case or ()),
        ),
        repeat=_count(repeat),
        log=world.cwd / jsonl if jsonl else None,
        allow_empty=allow_empty,
        use_cache=not no_cache,
        settings=limits_typed(budget, concurrency, timeout),
    )
    try:
        prepared = prepare(options, world)
    except EmptyError as error:
        if not allow_empty:
            raise
        print_problem(error.message, None)
        return ExitCode.OK
    if prepared.plan.notes and not quiet:
        print_findings(prepared.plan.notes)
    if dry_run:
        tell = print_forecast_as_json if output == "json" else print_forecast
        tell(forecast(prepared), budget_usd=prepared.budget_usd)
        return ExitCode.OK
    paths = report_paths(
        {"junit": junit, "json": json, "md": md, "cost": cost},
        prepared.config.report,
        cwd=world.cwd,
        root=prepared.config.root,
    )
    show = print_as_json if output == "json" else partial(print_run, quiet=quiet, verbose=verbose)
    code = _run(prepared, paths, show, progress=not (quiet or no_progress))
    return ExitCode.OK if exit_zero and code is ExitCode.REJECTED else code


def _run(
    prepared: Prepared,
    paths: Mapping[str, Path],
    show: Callable[[RunResult, Trials], None],
    *,
    progress: bool,
) -> ExitCode:
    bar = Progress(prepared.trials, enabled=progress)
    with run(prepared, bar) as (result, trials):
        bar.close()
        failures = list(write_reports(result, trials, paths))
        show(result, trials)
    for failure in failures:
        print_problem(failure.error.message, failure.error.fix)
    if failures and result.passed:
        print_problem("a report is missing, so this is no yes (exit 7)", None)
        return ExitCode.UNREACHABLE
    return result.exit_code


def _count(repeat: str | None) -> int | None:
    if repeat is None:
        return None
    if repeat == "auto":
        raise UsageError("--repeat auto is not supported yet", fix="give a number")
    if not repeat.isdecimal() or not 1 <= int(repeat) <= 1000:
        raise UsageError(f"--repeat must be a number from 1 to 1000, not {repeat!r}")
    return int(repeat)
