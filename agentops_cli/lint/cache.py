"""Findings of earlier runs, for files that have not changed since: one text that holds them all.

A file is known by its bytes. Whatever else findings depend on is in the key of the whole, or in the
stamp of a stage: with another key nothing is known, with another stamp that stage is not. What
cannot be read back is not there.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from hashlib import blake2b
from typing import Any, Final

from agentops_cli.lint.finding import LintFinding
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.place import Location
from agentops_cli.rules.project import Card
from agentops_cli.rules.rule import Edit, Rule

MOST_FILES: Final = 200_000

_DAMAGED = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


def digest(data: bytes) -> str:
    """What a file's bytes are known by."""
    return blake2b(data, digest_size=16).hexdigest()


@dataclass(slots=True, kw_only=True)
class Entry:
    """What is known of a file: its card, whether it has comments for the linter, and its findings.

    `stages` has, by the name of a stage, its stamp and what it found.
    """

    digest: str
    card: list[Any]
    is_commented: bool
    stages: dict[str, tuple[str, list[Any]]] = field(default_factory=dict)


class Cache:
    """The entries of all files by their paths. `key` is what all findings depend on."""

    def __init__(self, key: str, rules: Mapping[str, Rule], text: str | None = None) -> None:
        self.is_changed = False
        self._key = key
        self._rules = rules
        self._files: dict[str, list[Any]] = {}
        try:
            data = json.loads(text) if text else {}
            if data.get("key") == key and isinstance(data["files"], dict):
                self._files = data["files"]
        except _DAMAGED:
            self.is_changed = True

    def entry(self, path: str, digest_of_bytes: str) -> Entry | None:
        """What is known of a file with these bytes."""
        try:
            known, card, is_commented, stages = self._files[path]
            if known != digest_of_bytes:
                return None
            return Entry(
                digest=known, card=card, is_commented=bool(is_commented), stages=dict(stages)
            )
        except _DAMAGED:
            return None

    def put(self, path: str, entry: Entry) -> None:
        """Keeps what is known of a file now."""
        self.is_changed = True
        self._files[path] = [entry.digest, entry.card, int(entry.is_commented), entry.stages]

    def found(self, path: str, entry: Entry, stage: str, stamp: str) -> list[LintFinding] | None:
        """What a stage found, None where that is not known, or was under another stamp."""
        try:
            known, rows = entry.stages[stage]
            if known != stamp:
                return None
            return [self._finding(row, path) for row in rows]
        except _DAMAGED:
            return None

    def text(self) -> str:
        """All of it, to be kept; too many files are too many, and it begins anew."""
        files = self._files if len(self._files) <= MOST_FILES else {}
        return json.dumps({"key": self._key, "files": files}, separators=(",", ":"))

    def _finding(self, row: list[Any], path: str) -> LintFinding:
        code, message, fix, severity, place, end, line, edits, safety = row
        return LintFinding(
            rule=self._rules[code],
            finding=Finding(
                rule=code,
                message=message,
                location=_location(place, path),
                fix=fix,
                severity=Severity(severity),
            ),
            end=_location(end, path) if end else None,
            line=line,
            edits=tuple(
                Edit(start=start, end=stop, text=text, stored=stored)
                for start, stop, text, stored in edits
            ),
            safety=safety,
        )


def rows_of(found: Iterable[LintFinding], path: str) -> list[Any]:
    """Findings of a file as they are kept."""
    return [
        [
            each.rule.code,
            each.finding.message,
            each.finding.fix,
            int(each.finding.severity),
            _place(each.place, path),
            _place(each.end, path) if each.end else None,
            each.line,
            [[edit.start, edit.end, edit.text, edit.stored] for edit in each.edits],
            each.safety,
        ]
        for each in found
    ]


def row_of_card(card: Card) -> list[Any]:
    """A card as it is kept, its path apart."""
    return [getattr(card, name) for name in _CARD]


def card_of_row(row: list[Any], path: str) -> Card:
    """The card that was kept."""
    return Card(path=path, **dict(zip(_CARD, row, strict=True)))


_CARD: Final = tuple(each.name for each in fields(Card) if each.name != "path")


def _place(place: Location, path: str) -> list[Any]:
    own = [place.line, place.column]
    return own if place.path == path else [*own, place.path]


def _location(row: list[Any], path: str) -> Location:
    line, column, *elsewhere = row
    return Location(path=elsewhere[0] if elsewhere else path, line=line, column=column)
