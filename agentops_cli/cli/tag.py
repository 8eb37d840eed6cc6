"""`agentops prompt tag`."""

from typing import Annotated

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.cli.registry import opened, say
from agentops_cli.errors import UsageError
from agentops_cli.flows.registry.tagging import make_tags, tagging
from agentops_cli.reporters.wording import counted, flat

app = typer.Typer(
    add_completion=False, context_settings=CONTEXT, rich_markup_mode=None, no_args_is_help=True
)


@app.command()
def tag(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Prompts: their names or paths.", metavar="[NAME]..."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Tag the version of every prompt that has one.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the tags, and make none.")
    ] = False,
) -> None:
    """Tag the committed version of prompts in git, as prompt/NAME@VERSION."""
    if bool(names) == every:
        raise UsageError("name prompts, or pass --all", fix="agentops prompt tag NAME")
    project = opened()
    found = tagging(project.registry, [*map(project.path, names or ())])
    made = found.new if dry_run else make_tags(project.registry, found.new)
    for each in made:  # Where git refuses one, those before it are there, and told.
        typer.echo(flat(project.redact(each.name)))
    if found.there:
        say(project, [f"{counted(len(found.there), 'tag')} there already"])
    if found.new and not dry_run:
        say(project, ["share them: git push --tags"])
