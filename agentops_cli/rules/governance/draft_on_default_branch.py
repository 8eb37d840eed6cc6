"""A draft is on the branch that is shipped.

`status: draft` says that the prompt is not to be used yet, and many rules leave it alone. On the
default branch it can be used, so it should be held to the same as others, or wait on its branch.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The status."""
    history = project.history
    if file.meta.get("status") != "draft" or history is None:
        return
    if history.is_default_branch and history.is_committed(file.path):
        yield Hit(
            at=file.location(file.value_at("status")),
            message="a draft is on the default branch",
            fix="write status: active, or keep it on a branch of its own",
        )
