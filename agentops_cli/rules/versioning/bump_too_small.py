"""The version was raised by less than the change asks for.

A higher last part tells callers that nothing changes for them. Whoever takes it blindly, and then
finds a variable gone or a guardrail lifted, has been told wrong. The message names the gravest
change; the fix writes the version that it asks for. Before 1.0.0 a breaking change asks for a
higher middle part.

Quiet: where more was raised than needed; about versions of a release to come (`-rc.1`) of the same
release; about prompts that are drafts, before and now.
"""

from collections.abc import Iterator

from agentops_cli.prompt.changes import bump_between, bumped, required_bump
from agentops_cli.prompt.ranges import parse_version
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.scalars import replaced
from agentops_cli.rules.versioning.drafts import is_draft
from agentops_cli.rules.versioning.written import version_at, version_span, written_version


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The version, where more of it has to be raised."""
    history = project.history
    before = history.before(file) if history else None
    if history is None or before is None or is_draft(before, file):
        return
    then, now = (parse_version(each.meta.get("version")) for each in (before, file))
    if then is None or now is None or then.prerelease:
        return
    raised = bump_between(then, now)
    if raised is None:
        return
    changes = history.changes(file)
    needed = required_bump(changes, str(then))
    if needed is None or needed <= raised:
        return
    first = next(change for change in changes if change.kind.behaves)
    better = str(bumped(then, needed))
    span = version_span(file)
    line = first.after.line if first.after else None
    where = f" (line {line})" if line else ""
    yield Hit(
        at=version_at(file),
        message=f"from {then} to {now} is a {raised.word} version, but {first.message}{where}",
        fix=f"write {better}, a {needed.word} version: {first.kind.why}",
        edits=replaced(span, written_version(file, better)) if span else (),
    )
