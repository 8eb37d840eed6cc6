"""`agentops prompt show`."""

import sys
from typing import Annotated

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.cli.options import Format
from agentops_cli.cli.registry import AsJson, Name, opened, print_json, print_lines, say
from agentops_cli.errors import InputError, UsageError
from agentops_cli.reporters.registry import show_json, show_line, show_lines

app = typer.Typer(add_completion=False, context_settings=CONTEXT, rich_markup_mode=None)


@app.command()
def show(
    name: Name,
    raw: Annotated[
        bool, typer.Option("--raw", help="Write the bytes of the file as they are, secrets too.")
    ] = False,
    output: Format = "text",
    as_json: AsJson = False,
) -> None:
    """Print a prompt, or an earlier version of it; where it is from is on stderr."""
    if raw and (as_json or output == "json"):
        raise UsageError("--raw and --json exclude one another")
    project = opened()
    found = project.registry.resolve(project.wanted(name))
    if found.file.problems and not found.file.text:
        raise InputError(found.file.problems)
    where = (found.tree.name, found.tree.commit, found.tag)
    if as_json or output == "json":
        print_json(show_json(found.file, where, project.redact))
        return
    say(project, [show_line(found.file, where)])
    if raw:
        sys.stdout.buffer.write(found.file.stored.characters.encode(errors="surrogateescape"))
    else:
        print_lines(show_lines(found.file, project.redact))
