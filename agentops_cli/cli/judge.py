"""`agentops judge`: whether a model may judge."""

import json
from typing import Annotated

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.cli.opinions import print_check
from agentops_cli.cli.options import (
    Budget,
    Concurrency,
    DryRun,
    Format,
    NoProgress,
    Quiet,
    Retries,
    Timeout,
    limits_typed,
)
from agentops_cli.cli.progress import Progress
from agentops_cli.cli.screen import print_forecast, print_forecast_as_json
from agentops_cli.errors import ExitCode
from agentops_cli.flows.forecast import forecast
from agentops_cli.flows.judging import check as check_judges
from agentops_cli.flows.judging import json_of_check, prepare_check
from agentops_cli.flows.world import World
from agentops_cli.model.call import Purpose

app = typer.Typer(
    add_completion=False, context_settings=CONTEXT, rich_markup_mode=None, no_args_is_help=True
)


@app.callback()
def _group() -> None:
    """Check whether judges agree with people."""


@app.command()
def check(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            help="Judge files, folders or patterns. Default: the configured ones.",
            metavar="[FILE]...",
        ),
    ] = None,
    budget: Budget = None,
    concurrency: Concurrency = None,
    timeout: Timeout = None,
    retries: Retries = None,
    dry_run: DryRun = False,
    output: Format = "text",
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> int:
    """Let judges judge their labelled examples, and record how far they agree.

    The record is written beside the judge file, to be committed with it. A run refuses a judge file
    without one, with one of another version of it, or with one that says that the judge does not
    agree with its labels.
    """
    limits = limits_typed(budget, concurrency, timeout, retries)
    prepared = prepare_check(tuple(files or ()), World(), limits)
    if dry_run:
        run = prepared.run
        every = forecast(run.plan, run.prices, run.config)
        rows = [row for row in every if row.purpose is Purpose.JUDGE]
        tell = print_forecast_as_json if output == "json" else print_forecast
        tell(rows, budget_usd=prepared.run.budget_usd, limits=())
        return ExitCode.OK
    words = ("judged bad", "without an opinion")
    progress = not (quiet or no_progress)
    with Progress(prepared.run.trials, enabled=progress, words=words) as bar:
        result = check_judges(prepared, bar)
    if output == "json":
        typer.echo(json.dumps(json_of_check(result), indent=2, ensure_ascii=False))
    else:
        print_check(result, quiet=quiet)
    return result.exit_code
