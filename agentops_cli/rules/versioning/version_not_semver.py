"""The version is not a semantic version, so nobody can tell what a new one means.

`1.4.2` says more than a number: callers may take a higher last part blindly, a higher middle part
means other answers, a higher first part means that they have to change too. `v2`, `1.0` and dates
say none of that, and cannot be compared. The fix writes the version that is meant, where only a
part is missing or a `v` is too much.

An error in the native format, whose reader refuses it; else a warning.

Quiet: where there is no version, which is the matter of `missing-required-key`, and where YAML has
made a number of it, which is that of `yaml-type-trap`.

Source: https://semver.org/spec/v2.0.0.html, verified 2026-11-24.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.ranges import parse_version
from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.scalars import replaced
from agentops_cli.rules.versioning.written import version_span, written_version

_PLAIN: Final = re.compile(r"(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){2}")
_MEANT: Final = re.compile(r"[vV]?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?")


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """The version, where it is a text of another form."""
    version = file.meta.get("version")
    if not isinstance(version, str) or _PLAIN.fullmatch(version) or not version:
        return
    if parse_version(version) is not None:
        return
    span = version_span(file)
    meant = _MEANT.fullmatch(version.strip())
    at = file.value_at("version")
    if meant is None:
        fix = "write three numbers, such as 1.0.0"
        place = span or Span(start=at, end=at)
        yield Hit(at=place, message=_message(version), fix=fix, severity=_severity(file))
        return
    better = ".".join(str(int(part or 0)) for part in meant.groups())
    yield Hit(
        at=span or Span(start=at, end=at),
        message=_message(version),
        fix=f"write {better}",
        edits=replaced(span, written_version(file, better)) if span else (),
        severity=_severity(file),
    )


def _severity(file: PromptFile) -> Severity:
    return Severity.ERROR if file.kind == "native" else Severity.WARNING


def _message(version: str) -> str:
    return f"the version {version!r} is not a semantic version"
