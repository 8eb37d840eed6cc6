"""`agentops prompt git-driver`: what git calls to show prompts; see gitattributes(5), textconv."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.errors import ExitCode
from agentops_cli.prompt.source import MAX_BYTES

app = typer.Typer(add_completion=False, context_settings=CONTEXT, rich_markup_mode=None)

SETUP = """\
Put this line into .gitattributes and commit it:

    *.prompt.md diff=agentops

Then tell git once on each machine what that means:

    git config diff.agentops.textconv "agentops prompt git-driver"
    git config diff.agentops.cachetextconv true

Or let git diff say what each change means, in place of its lines:

    git config diff.agentops.command "agentops prompt git-driver"
"""


@app.command(name="git-driver")
def git_driver(
    asked: Annotated[
        list[str] | None,
        typer.Argument(
            help="The file that git wants to show, or what it says of two.", metavar="[FILE]..."
        ),
    ] = None,
) -> None:
    """Print a prompt as git diff and git log should show it; without a file, how to set that up.

    Keys of frontmatter stand in one order with their whole paths, so that only what they say
    differs; the text of the prompt is as it is. Two files are compared as `prompt diff` does it.
    """
    if not asked:
        typer.echo(SETUP, nl=False)
    elif len(asked) == 1:
        _show(asked[0])
    else:
        _compare(asked)


def _show(name: str) -> None:
    # They read the formats of prompts.
    from agentops_cli.flows.registry.driver import read_file_bytes
    from agentops_cli.prompt.flattened import flattened
    from agentops_cli.prompt.formats import read_bytes

    stored = read_file_bytes(name)
    file = read_bytes(stored, path=name, is_declared=True)
    is_text = len(stored) <= MAX_BYTES and "\ufffd" not in file.text
    sys.stdout.buffer.write(flattened(file).encode() if is_text else stored)


def _compare(asked: Sequence[str]) -> None:
    from agentops_cli.cli.changes import print_page
    from agentops_cli.cli.registry import opened
    from agentops_cli.flows.registry.driver import driven
    from agentops_cli.reporters.diff.page import page_of

    project = opened()
    report = driven(asked, project.config)
    page = page_of(report, code=ExitCode.OK, redact=project.redact, shown=str)
    print_page(page, "text", None, side_by_side=False)
