"""An earlier prompt of this name had this version already, and said something else.

Whoever asks for `name@1.2.0`, or looks at a result of it, may get the one or the other. It happens
when a change is reverted and a new one takes its number, or when a published prompt was changed in
place. Up to 200 earlier versions of the default branch are looked at.

Quiet: about a change since the base, which is the matter of `changed-without-bump`.
"""

from collections.abc import Iterator

from agentops_cli.prompt.changes import changes
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.versioning.drafts import is_draft
from agentops_cli.rules.versioning.written import version_at


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The version, where it was another prompt's."""
    history, version = project.history, file.meta.get("version")
    if history is None or not isinstance(version, str) or is_draft(file):
        return
    before = history.before(file)
    if before is not None and before.meta.get("version") == version:
        return
    for earlier in history.published(file):
        if earlier is file or earlier.meta.get("version") != version or is_draft(earlier):
            continue
        told = next((each for each in changes(earlier, file) if each.kind.behaves), None)
        if told is not None:
            yield Hit(
                at=version_at(file),
                message=f"the version {version} was another prompt before: {told.message}",
                fix="write a version that was never used",
            )
            return
