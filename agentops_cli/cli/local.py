"""`agentops local`: the models that run inside this process."""

from typing import Annotated

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.cli.screen import say
from agentops_cli.flows.local import EMBEDDED, EMBEDDINGS
from agentops_cli.flows.local import install as install_parts

app = typer.Typer(
    add_completion=False, context_settings=CONTEXT, rich_markup_mode=None, no_args_is_help=True
)


@app.callback()
def _group() -> None:
    """Install the models that need no key."""


@app.command()
def install(
    embeddings: Annotated[
        bool,
        typer.Option(
            "--embeddings", help="Also what the assertion 'similar' compares by, about 105 MB."
        ),
    ] = False,
) -> None:
    """Install SmolLM2-135M-Instruct and what runs it, about 130 MB."""
    install_parts(say, EMBEDDED, *([EMBEDDINGS] if embeddings else []))
