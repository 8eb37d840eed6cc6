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
    CostReport,
    DryRun,
    ExitZero,
    Format,
    JUnit,
    Md,
    NoProgress,
    Quiet,
    ResultJson,
    Retries,
    Timeout,
    Verbose,
    limits_typed,
)
from agentops_cli.cli.parts import durations_typed, part_typed, repeats_typed
from agentops_cli.cli.progress import Progress
from agentops_cli.cli.recording import Record, RecordCommand, Replay, use_of
from agentops_cli.cli.screen import (
    print_as_json,
    print_findings,
    print_forecast,
    print_forecast_as_json,
    print_note,
    print_problem,
    print_run,
    print_way_on,
)
from agentops_cli.cli.verdict import code_of
from agentops_cli.errors import EmptyError, ExitCode, UsageError
from agentops_cli.flows.evaluate import Prepared, prepare, run
from agentops_cli.flows.options import EvalOptions
from agentops_cli.flows.report import report_paths, write_reports
from agentops_cli.flows.world import World
from agentops_cli.model.result import RunResult
from agentops_cli.ports import Trials
from agentops_cli.suite.select import Selection

app = typer.Typer(add_completion=False, context_settings=CONTEXT, rich_markup_mode=None)


@app.command(cls=RecordCommand)
def evaluate(
    suites: Annotated[
        list[str] | None,
        typer.Argument(
            help="Suite files, folders or patterns. Default: the configured ones.",
            metavar="[SUITE]...",
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option("-k", help="Only cases whose id contains this text.", metavar="TEXT"),
    ] = None,
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
        str | None,
        typer.Option(
            help="Run every case so many times, or 'auto': until its verdict is certain.",
            metavar="N|auto",
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            help="Run one of several parts, such as 1/4; 'report merge' makes them whole.",
            metavar="I/N",
        ),
    ] = None,
    durations: Annotated[
        str | None,
        typer.Option(
            help="Make parts that take about as long, by what an earlier result says.",
            metavar="RESULT",
        ),
    ] = None,
    budget: Budget = None,
    concurrency: Concurrency = None,
    timeout: Timeout = None,
    retries: Retries = None,
    junit: JUnit = None,
    json: ResultJson = None,
    jsonl: Annotated[
        str | None, typer.Option(help="Write trials as they finish, one a line.", metavar="FILE")
    ] = None,
    md: Md = None,
    cost: CostReport = None,
    resume: Annotated[
        str | None,
        typer.Option(
            help="Go on with a run: its id, the beginning of it, or 'last'.", metavar="RUN"
        ),
    ] = None,
    dry_run: DryRun = False,
    no_cache: Annotated[
        bool,
        typer.Option("--no-cache", help="Ask everything anew, and keep no answers."),
    ] = False,
    record: Record = None,
    replay: Replay = False,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Exit 0 when nothing is selected.")
    ] = False,
    exit_zero: ExitZero = False,
    output: Format = "text",
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_progress: NoProgress = False,
) -> int:
    """Run suites, write reports, and say yes or no.

    Without arguments the suites of the configuration are run. The exit code is 0 for yes, 1 for
    no, and above for no verdict: see `agentops explain exit-codes`.
    """
    if resume and dry_run:
        raise UsageError("--dry-run shows what a new run would take, not the rest of one")
    world = World()
    times, repeat_auto = repeats_typed(repeat)
    options = EvalOptions(
        suites=tuple(suites or ()),
        selection=Selection(
            text=text or "",
            tags=frozenset(tag or ()),
            models=tuple(model or ()),
            cases=frozenset(case or ()),
        ),
        repeat=times,
        repeat_auto=repeat_auto,
        part=part_typed(shard),
        durations=durations_typed(durations, shard=shard),
        log=world.cwd / jsonl if jsonl else None,
        allow_empty=allow_empty,
        use_cache=not no_cache,
        cassettes=use_of(record, replay=replay),
        settings=limits_typed(budget, concurrency, timeout, retries),
        reports=_typed_reports(junit=junit, json=json, md=md, cost=cost),
    )
    try:
        prepared = _prepared(resume, options, world)
    except EmptyError as error:
        if not allow_empty:
            raise
        print_problem(error.message, None)
        return ExitCode.OK
    if prepared.plan.notes and not quiet:
        print_findings(prepared.plan.notes)
    if dry_run:
        from agentops_cli.flows.forecast import forecast
        from agentops_cli.flows.refusals import reaches

        tell = print_forecast_as_json if output == "json" else print_forecast
        plan, prices, config = prepared.plan, prepared.prices, prepared.config
        rows = () if prepared.is_replay else forecast(plan, prices, config)
        limits = () if prepared.is_replay else reaches(plan, rows, prices, config)
        tell(rows, budget_usd=prepared.budget_usd, limits=limits)
        return ExitCode.OK
    paths = report_paths(
        prepared.options.reports if prepared.options else {},
        prepared.config.report,
        cwd=world.cwd,
        root=prepared.config.root,
    )
    if prepared.part and "json" not in paths and output != "json":
        raise UsageError(
            "a part is worth nothing without its result, which 'report merge' reads",
            fix="add --json FILE, or report.json to the configuration",
        )
    show = print_as_json if output == "json" else partial(print_run, quiet=quiet, verbose=verbose)
    return _run(prepared, paths, show, progress=not (quiet or no_progress), exit_zero=exit_zero)


def _prepared(resume: str | None, options: EvalOptions, world: World) -> Prepared:
    if not resume:
        return prepare(options, world)
    from agentops_cli.flows.resume import prepare_again  # Most runs are new.

    return prepare_again(resume, options, world)


def _run(
    prepared: Prepared,
    paths: Mapping[str, Path],
    show: Callable[[RunResult, Trials], None],
    *,
    progress: bool,
    exit_zero: bool,
) -> ExitCode:
    with (
        Progress(prepared.trials, enabled=progress) as bar,
        run(prepared, bar, on_stage=bar.stage) as (result, trials),
    ):
        bar.close()
        failures = list(write_reports(result, trials, paths))
        show(result, trials)
    code = code_of(result, failures, exit_zero=exit_zero)
    if prepared.begun and not bar.has_heard and not result.totals.undecided:
        print_note(f"nothing is left to run of {result.run_id}")
    print_way_on(result, refusing=bar.refusing, is_replay=prepared.is_replay)
    return code


def _typed_reports(**typed: str | None) -> dict[str, str]:
    return {kind: path for kind, path in typed.items() if path}
