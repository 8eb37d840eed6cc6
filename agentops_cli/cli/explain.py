"""`agentops explain`: the tool explains itself."""

from typing import Annotated

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.flows.explain import explanation

app = typer.Typer(add_completion=False, context_settings=CONTEXT, rich_markup_mode=None)


@app.command()
def explain(
    name: Annotated[
        str | None,
        typer.Argument(help="An assertion, or 'exit-codes'. Default: list them.", metavar="NAME"),
    ] = None,
) -> None:
    """Explain an assertion or the exit codes."""
    typer.echo(explanation(name))
