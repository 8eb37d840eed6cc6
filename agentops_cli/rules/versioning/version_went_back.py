"""The version is lower than it was at the base.

Whoever has the higher version already takes this prompt for an old one, and a later change may get
a number that was used before. Even a prompt that goes back to an earlier text gets a new version.

Quiet: where the prompt is what it was under that earlier version, as after a revert.
"""

from collections.abc import Iterator

from agentops_cli.prompt.changes import changes
from agentops_cli.prompt.ranges import parse_version
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.versioning.written import version_at


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The version, where it went back."""
    history = project.history
    before = history.before(file) if history else None
    if history is None or before is None:
        return
    version = file.meta.get("version")
    now, then = parse_version(version), parse_version(before.meta.get("version"))
    if now is None or then is None or now >= then:
        return
    for earlier in history.published(file):
        is_that = earlier is file or earlier.meta.get("version") == version
        if is_that and not any(each.kind.behaves for each in changes(earlier, file)):
            return
    yield Hit(
        at=version_at(file),
        message=f"the version went back from {then} to {now}",
        fix=f"write a version above {then}",
    )
