"""The changelog says nothing about the version that the prompt has.

A reader who wants to know what is new in it, and why, finds nothing. The fix adds an entry to be
filled in, where the latest entry stands first and each has its own line.

Quiet: where there is no changelog, and where `changelog` names a file.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from agentops_cli.model.json import Json
from agentops_cli.prompt.ranges import parse_version
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit
from agentops_cli.rules.versioning.written import version_at

_ITEM: Final = re.compile(r"([ ]*)- ")


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The version, where no entry has it."""
    entries, version = file.meta.get("changelog"), file.meta.get("version")
    if not isinstance(entries, list) or not isinstance(version, str):
        return
    versions = versions_of(entries)
    if version in versions or not version:
        return
    stub = entry_of(file, version, project.today, "to be described")
    yield Hit(
        at=version_at(file),
        message=f"the changelog has no entry for {version}",
        fix="add one that says what changed, and why",
        edits=stub,
    )


def versions_of(entries: list[Json]) -> list[str]:
    """The versions of the entries of a changelog, in their order."""
    found = (entry.get("version") for entry in entries if isinstance(entry, dict))
    return [version for version in found if isinstance(version, str)]


def entry_of(file: PromptFile, version: str, today: date, text: str) -> tuple[Edit, ...]:
    """The edit that adds an entry; none where the latest entry is not first on a line of its own.

    `text` is written as it is, so it has to be YAML.
    """
    entries = file.meta.get("changelog")
    versions = versions_of(entries if isinstance(entries, list) else [])
    parsed = [parse_version(each) for each in versions]
    known = [each for each in parsed if each is not None]
    if not known or known != sorted(known, reverse=True):
        return ()
    start = file.line_at(file.value_at("changelog", 0)).start
    item = _ITEM.match(file.text, start)
    if item is None:
        return ()
    indent = item[1]
    entry = (
        f"{indent}- version: {version}\n"
        f'{indent}  date: "{today.isoformat()}"\n'
        f"{indent}  changes: {text}\n"
    )
    return (Edit(start=start, end=start, text=entry),)
