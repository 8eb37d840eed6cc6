"""The root command and the table of commands."""

from typing import Annotated

import typer

from agentops_cli import __version__
from agentops_cli.cli.lazy import LazyGroup
from agentops_cli.cli.values import reading_plain_values

CONTEXT = {"help_option_names": ["-h", "--help"]}


COMMANDS = {
    "eval": ("agentops_cli.cli.eval", "Run suites, write reports, and say yes or no."),
    "cache": (
        "agentops_cli.cli.cache",
        "Show, explain, export or clear the answers that are kept.",
    ),
    "prompt": ("agentops_cli.cli.prompt", "Lint prompts, compare their versions, look them up."),
    "report": ("agentops_cli.cli.report", "Merge the parts of a run."),
    "config": ("agentops_cli.cli.config", "Show the settings in force, and where each came from."),
    "explain": (
        "agentops_cli.cli.explain",
        "Explain a rule, an assertion, a metric or the exit codes.",
    ),
    "judge": ("agentops_cli.cli.judge", "Check whether judges agree with people."),
    "local": ("agentops_cli.cli.local", "Install the models that need no key."),
    "schema": ("agentops_cli.cli.schema", "Print a JSON Schema, for editors and for other tools."),
}
"""Name to module and summary, in the order of the help."""


class _Root(LazyGroup):
    COMMANDS = COMMANDS


app = typer.Typer(
    name="agentops",
    cls=_Root,
    context_settings=CONTEXT,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Eval runner and PromptOps toolkit for CI.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"agentops {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Eval runner and PromptOps toolkit for CI."""


COMMAND = reading_plain_values(typer.main.get_command(app))
