"""`agentops config`: the settings in force."""

from typing import Annotated

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.cli.options import Format
from agentops_cli.cli.screen import print_lines
from agentops_cli.flows.settings import settings_json, settings_lines
from agentops_cli.flows.world import World

app = typer.Typer(
    add_completion=False, context_settings=CONTEXT, rich_markup_mode=None, no_args_is_help=True
)


@app.callback()
def _group() -> None:
    """Show the settings in force, and where each came from."""


@app.command()
def show(
    only: Annotated[
        str | None, typer.Argument(help="Only keys that begin so.", metavar="KEY")
    ] = None,
    output: Format = "text",
) -> None:
    """Print every setting with its value and where it came from."""
    if output == "json":
        typer.echo(settings_json(World()))
    else:
        print_lines(settings_lines(World(), only or ""))
