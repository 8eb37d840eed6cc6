"""`agentops prompt bump`."""

from collections.abc import Iterator
from typing import Annotated, Literal

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.cli.registry import opened, say
from agentops_cli.flows.registry.bumping import Asked, Bumping, bumping
from agentops_cli.prompt.change_kinds import Bump
from agentops_cli.reporters.wording import flat

app = typer.Typer(add_completion=False, context_settings=CONTEXT, rich_markup_mode=None)


@app.command()
def bump(
    name: Annotated[str, typer.Argument(help="A prompt: its name or path.", metavar="NAME")],
    level: Annotated[
        Literal["major", "minor", "patch"] | None,
        typer.Option(help="The part that goes up. Default: the one that the changes ask for."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            help="Compare with this ref of git. Default: where the branch began.", metavar="REF"
        ),
    ] = None,
    message: Annotated[
        str | None,
        typer.Option("--message", "-m", help="What the changelog says.", metavar="TEXT"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")
    ] = False,
) -> None:
    """Raise the version of a prompt, and begin an entry of its changelog. Nothing is asked."""
    project = opened()
    asked = Asked(
        level=Bump[level.upper()] if level else None,
        against=against,
        base_branch=project.world.environ.get("GITHUB_BASE_REF") or None,
        message=message,
        today=project.world.now().date(),
    )
    found = bumping(project.registry, project.config, project.path(name), asked)
    if found.written is not None and not dry_run:
        from agentops_cli.flows.lint.mending import write  # It loads Jinja.

        write([found.written], project.config.root)
    typer.echo(flat(project.redact(_result(found))))
    say(project, _notes(found))


def _result(found: Bumping) -> str:
    if found.written is None:
        return f"{found.file.path}: {found.before}, which is high enough"
    return f"{found.file.path}: {found.before} -> {found.after}"


def _notes(found: Bumping) -> Iterator[str]:
    since = f" since {found.base}" if found.base else ""
    if found.first is not None:
        yield f"{found.first.kind.level}{since}: {found.first.message}"
    elif since:
        yield f"nothing that counts has changed{since}"
    if found.no_entry is not None:
        yield f"the changelog gets no entry: {found.no_entry}"
