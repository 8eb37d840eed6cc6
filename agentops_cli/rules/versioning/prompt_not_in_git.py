"""Git does not know the file, so nobody else has it, and nobody has reviewed it.

A prompt that runs but is in no repository has no versions, no owner and no way back. Files that
git was told to ignore are the worst: `git status` does not show them either.

Quiet: outside a repository, about text on stdin, and in submodules.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The first line, where git does not know the file."""
    tracking = project.history.tracking(file.path) if project.history else "tracked"
    if tracking == "untracked":
        message, fix = "git does not track the file", f"git add {file.path}"
    elif tracking == "ignored":
        message, fix = "git ignores the file", "take it out of .gitignore, and add it"
    else:
        return
    yield Hit(at=file.line_at(0), message=message, fix=fix)
