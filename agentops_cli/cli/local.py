"""`agentops local`: the embedded model."""

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.cli.screen import say
from agentops_cli.flows.local import install as install_model

app = typer.Typer(
    add_completion=False, context_settings=CONTEXT, rich_markup_mode=None, no_args_is_help=True
)


@app.callback()
def _group() -> None:
    """Install the embedded model, which needs no key."""


@app.command()
def install() -> None:
    """Install SmolLM2-135M-Instruct and what runs it, about 130 MB."""
    install_model(say)
