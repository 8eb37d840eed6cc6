"""`agentops prompt log`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.cli.options import Format
from agentops_cli.cli.registry import AsJson, Name, Opened, opened, print_json, print_lines, say
from agentops_cli.diff.registered import Verdict
from agentops_cli.errors import InputError, UsageError
from agentops_cli.flows.registry.log import log as versions_of
from agentops_cli.flows.registry.results import verdicts
from agentops_cli.flows.registry.wanted import read_wanted
from agentops_cli.reporters.registry import log_json, log_lines

app = typer.Typer(add_completion=False, context_settings=CONTEXT, rich_markup_mode=None)


@app.command()
def log(
    name: Name,
    most: Annotated[
        int | None, typer.Option("--max-count", "-n", help="Show so many versions.", metavar="N")
    ] = None,
    results: Annotated[
        list[str] | None,
        typer.Option(
            help="Take verdicts from this result file. Default: the configured report.",
            metavar="FILE",
        ),
    ] = None,
    output: Format = "text",
    as_json: AsJson = False,
) -> None:
    """Show the versions of a prompt, the latest first, renames followed."""
    wanted = read_wanted(name)
    if wanted.range is not None:
        raise UsageError("a log is of all versions", fix="name the prompt, or name@{REF}")
    if most is not None and most < 1:
        raise UsageError(f"--max-count must be at least 1, not {most}")
    project = opened()
    wanted = replace(wanted, name=project.path(wanted.name))
    known, notes = _verdicts(project, results or ())
    found = versions_of(project.registry, wanted, most=most, verdicts=known)
    if as_json or output == "json":
        print_json(log_json(found, project.redact))
    else:
        print_lines(log_lines(found, project.redact))
        say(project, (*found.notes, *notes))


def _verdicts(project: Opened, typed: Sequence[str]) -> tuple[Mapping[str, Verdict], Sequence[str]]:
    """What the named results say; without any, the one that `eval` writes if it can be read."""
    if typed:
        return verdicts(project.world.cwd / name for name in typed), ()
    report = project.config.report.json
    path = project.config.root / report if report else None
    if path is None or not path.is_file():
        return {}, ()
    try:
        return verdicts([path]), ()
    except InputError as error:
        return {}, (f"{report} was not read: {error.message}",)
