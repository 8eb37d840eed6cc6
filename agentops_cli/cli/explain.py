"""`agentops explain`: the tool explains itself."""

from typing import Annotated, Literal

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.errors import UsageError
from agentops_cli.flows.explain import explanation, explanation_as_json, explanation_of_all

app = typer.Typer(add_completion=False, context_settings=CONTEXT, rich_markup_mode=None)


@app.command()
def explain(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A rule's code or name, an assertion, a metric, or 'exit-codes'. Default: list"
            " them.",
            metavar="NAME",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Explain every rule of the linter.")
    ] = False,
    output: Annotated[
        Literal["text", "json"], typer.Option("--format", help="How it is printed.")
    ] = "text",
) -> None:
    """Explain a rule, an assertion, a metric or the exit codes."""
    if name is not None and everything:
        raise UsageError("a name and --all exclude one another", fix="leave one of them out")
    if output == "json":
        typer.echo(explanation_as_json(name, everything=everything))
    else:
        typer.echo(explanation_of_all() if everything else explanation(name))
