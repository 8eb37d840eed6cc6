"""The changelog is about a later version than the prompt has.

Its latest entry describes a change that is here already, so the version was forgotten; or the
change is not here, so the entry came too early. The fix writes the version of the latest entry.

Quiet: where no entry has the version, which is the matter of `changelog-missing-entry`.
"""

from collections.abc import Iterator

from agentops_cli.prompt.ranges import parse_version
from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.scalars import replaced
from agentops_cli.rules.versioning.changelog_missing_entry import versions_of
from agentops_cli.rules.versioning.written import version_span, written_version


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """The latest entry, where it is later than the prompt."""
    entries, version = file.meta.get("changelog"), file.meta.get("version")
    if not isinstance(entries, list) or not isinstance(version, str):
        return
    versions = versions_of(entries)
    now = parse_version(version)
    if now is None or version not in versions:
        return
    known = [each for each in map(parse_version, versions) if each is not None]
    latest = max(known, default=now)
    if latest <= now:
        return
    index = next(
        at
        for at, entry in enumerate(entries)
        if isinstance(entry, dict) and parse_version(entry.get("version")) == latest
    )
    at = file.value_at("changelog", index)
    span = version_span(file)
    yield Hit(
        at=Span(start=at, end=at),
        message=f"the changelog has {latest} already, but the version is {version}",
        fix=f"write version: {latest}, or take the entry out",
        edits=replaced(span, written_version(file, str(latest))) if span else (),
    )
