"""`agentops prompt`: prompts as code."""

from typing import Final

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.cli.lazy import LazyGroup

COMMANDS: Final = {
    "lint": ("agentops_cli.cli.lint", "Lint prompt files."),
    "diff": ("agentops_cli.cli.diff", "Show what changed between two versions of the prompts."),
    "list": ("agentops_cli.cli.list", "List the prompts of the project."),
    "show": ("agentops_cli.cli.show", "Print a prompt, or an earlier version of it."),
    "log": ("agentops_cli.cli.log", "Show the versions of a prompt."),
    "render": ("agentops_cli.cli.render", "Print what the model would really see."),
    "bump": ("agentops_cli.cli.bump", "Raise the version of a prompt as far as its changes ask."),
    "new": ("agentops_cli.cli.new", "Start a prompt, with its suite and its owners."),
    "tag": ("agentops_cli.cli.tag", "Tag the version of a prompt in git."),
    "git-driver": ("agentops_cli.cli.git_driver", "Show prompts as text for git diff and log."),
}
"""Name to module and summary, in the order of the help."""


class _Prompt(LazyGroup):
    COMMANDS = COMMANDS


app = typer.Typer(
    cls=_Prompt,
    add_completion=False,
    context_settings=CONTEXT,
    rich_markup_mode=None,
    no_args_is_help=True,
)


@app.callback()
def _group() -> None:
    """Lint prompts, compare their versions, look them up."""
