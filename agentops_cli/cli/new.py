"""`agentops prompt new`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.cli.registry import opened, say
from agentops_cli.flows.registry.starting import Wish, starting, write_new
from agentops_cli.reporters.wording import flat

app = typer.Typer(
    add_completion=False, context_settings=CONTEXT, rich_markup_mode=None, no_args_is_help=True
)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="What it is called.", metavar="NAME")],
    model: Annotated[
        str, typer.Option(help="The model that it is for.", metavar="ID")
    ] = "openai/gpt-5.4-mini-2026-03-17",
    author: Annotated[
        str | None,
        typer.Option(help="Who writes it. Default: whoever git knows.", metavar="NAME"),
    ] = None,
    description: Annotated[
        str | None, typer.Option(help="What it is good for, in a line.", metavar="TEXT")
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(help="Who has to approve changes: a line of CODEOWNERS.", metavar="@OWNER"),
    ] = None,
) -> None:
    """Start a prompt from a template, with its suite. Nothing that is there is overwritten."""
    project = opened()
    wish = Wish(
        name=name,
        model=model,
        author=author,
        description=description,
        owner=owner,
        today=project.world.now().date(),
    )
    files = starting(project.registry, project.config, wish)
    write_new(files)
    for file in files:
        typer.echo(flat(_from(file.path, project.world.cwd)))
    say(project, [f"look at it: agentops prompt render {name} --case first"])


def _from(path: Path, cwd: Path) -> str:
    return Path(os.path.relpath(path, cwd)).as_posix()
