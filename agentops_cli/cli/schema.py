"""`agentops schema`: print a JSON Schema."""

from typing import Annotated

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.flows.schema import schema_of

app = typer.Typer(add_completion=False, context_settings=CONTEXT, rich_markup_mode=None)


@app.command()
def schema(
    name: Annotated[
        str,
        typer.Argument(help="prompt, suite, judge, config, result, lint or diff.", metavar="NAME"),
    ],
) -> None:
    """Print a JSON Schema, for editors and for other tools.

    The schema of suites knows the arguments of every assertion that is installed.
    """
    typer.echo(schema_of(name))
