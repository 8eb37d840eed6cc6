"""`agentops report`: reports of runs that have ended."""

from pathlib import Path
from typing import Annotated

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.cli.options import (
    CostReport,
    ExitZero,
    Format,
    JUnit,
    Md,
    Quiet,
    ResultJson,
    Verbose,
)
from agentops_cli.cli.screen import print_as_json, print_run, say
from agentops_cli.cli.verdict import code_of
from agentops_cli.config import load_config
from agentops_cli.errors import UsageError
from agentops_cli.flows.merge import merged
from agentops_cli.flows.report import report_paths, write_reports
from agentops_cli.flows.world import World
from agentops_cli.reporters.wording import counted

app = typer.Typer(
    add_completion=False, context_settings=CONTEXT, rich_markup_mode=None, no_args_is_help=True
)


@app.callback()
def _group() -> None:
    """Merge the parts of a run."""


@app.command()
def merge(
    results: Annotated[
        list[str],
        typer.Argument(
            help="The result files of all parts, in any order.",
            metavar="RESULT...",
            show_default=False,
        ),
    ],
    junit: JUnit = None,
    json: ResultJson = None,
    md: Md = None,
    cost: CostReport = None,
    exit_zero: ExitZero = False,
    output: Format = "text",
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Make one run of its parts, write its reports, and say yes or no.

    The parts are what `agentops eval --shard 1/4 --json FILE` and its like wrote. All of them must
    be there, each once, and all must be of one run. The verdict is made anew over all cases, and
    the exit code means what that of `agentops eval` means.
    """
    world = World()
    config = load_config(world.cwd, environ=world.environ)
    typed = {"junit": junit, "json": json, "md": md, "cost": cost}
    paths = report_paths(typed, config.report, cwd=world.cwd, root=config.root)
    _demand_other_files(results, [*paths.values()], world.cwd)
    with merged(results, world) as whole:
        if not quiet:
            ids = ", ".join(part.run_id for part in whole.parts)
            say(f"merged {counted(len(whole.parts), 'part')}: {ids}")
        failures = [*write_reports(whole.run, whole.trials, paths)]
        if output == "json":
            print_as_json(whole.run, whole.trials)
        else:
            print_run(whole.run, whole.trials, quiet=quiet, verbose=verbose)
    return code_of(whole.run, failures, exit_zero=exit_zero)


def _demand_other_files(results: list[str], reports: list[Path], cwd: Path) -> None:
    """Refuses to write a report over a part: it could not be merged again."""
    sources = {(cwd / name).resolve() for name in results}
    for path in reports:
        if path.resolve() in sources:
            fix = "name another file for it, also where the configuration does"
            raise UsageError(f"a report would be written over the part {path}", fix=fix)
