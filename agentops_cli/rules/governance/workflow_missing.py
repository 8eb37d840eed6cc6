"""Nothing checks the prompts when they change.

No workflow, hook or script of the repository calls `agentops`: a linter that nobody runs finds
nothing. The finding stands on the first prompt.

Quiet: outside a repository, and where any file of a continuous integration, hook or script names
`agentops`.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The first line of the first prompt."""
    owners = project.owners
    if owners is None or owners.first != file.path or not owners.is_in_repository:
        return
    if not owners.is_checked_in_ci:
        yield Hit(
            at=file.line_at(0),
            message="no workflow of this repository runs agentops",
            fix="run 'agentops prompt lint' for each pull request",
        )
