"""The prompt changed since the base, and its version did not.

Results, caches and logs name a prompt by its version: two texts under one version make every one of
them ambiguous, and nobody who uses the prompt learns that it changed. The base is where the branch
left the default branch, or the ref given with `--against`. The fix raises the version as far as the
change asks for, in the quotes that it has.

Quiet: about white space at the ends of lines, comments, the order of keys, and keys that neither
model nor callers see, such as tags and descriptions; about prompts that are drafts, before and now;
about files without a version.
"""

from collections.abc import Iterator

from agentops_cli.prompt.changes import bumped, required_bump
from agentops_cli.prompt.ranges import parse_version
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.scalars import replaced
from agentops_cli.rules.versioning.drafts import is_draft
from agentops_cli.rules.versioning.written import version_at, version_span, written_version


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The version, where it has to be raised."""
    history, version = project.history, file.meta.get("version")
    if history is None or not isinstance(version, str):
        return
    before = history.before(file)
    if before is None or before.meta.get("version") != version or is_draft(before, file):
        return
    changes = history.changes(file)
    needed = required_bump(changes, version)
    if needed is None:
        return
    first = next(change for change in changes if change.kind.behaves)
    line = first.after.line if first.after else None
    where = f" (line {line})" if line else ""
    parsed = parse_version(version)
    span = version_span(file)
    better = str(bumped(parsed, needed)) if parsed else None
    yield Hit(
        at=version_at(file),
        message=f"{first.message}{where}, but the version is {version} as in {history.base}",
        fix=f"raise it to {better}, a {needed.word} version: {first.kind.why}"
        if better
        else "raise it",
        edits=replaced(span, written_version(file, better)) if span and better else (),
    )
