"""The one currency for "something is wrong here"."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from agentops_cli.model.place import Location


class Severity(IntEnum):
    """How bad a finding is; comparable, so that a threshold is one `>=`."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """The lower-case name that every output format prints."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong: what, where, how bad, and how to mend it.

    `rule` is a stable kebab-case name (or a lint code) and never changes its meaning. `fix` is an
    instruction to the reader in the imperative; None only where no one thing would mend it.
    """

    rule: str
    message: str
    location: Location | None
    fix: str | None = None
    severity: Severity = Severity.ERROR


MOST_MISTAKES = 1_000
"""Whoever reads many things stops at so many mistakes: nobody mends more before looking again."""


def stopped_at(place: Location) -> Finding:
    """Says that what comes after a place was not looked at, for there were many mistakes."""
    return Finding(
        rule="too-many-mistakes",
        message=f"there are {MOST_MISTAKES:,} mistakes by here, so the rest was not looked at",
        location=place,
        fix="mend those first: many of them may be one and the same",
    )


def in_reading_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sorts by file, line and column, each distinct finding once; those of no place come last."""

    def key(finding: Finding) -> tuple[bool, str, int, int]:
        place = finding.location
        if place is None:
            return (True, "", 0, 0)
        return (False, place.path, place.line or 0, place.column or 0)

    return tuple(sorted(dict.fromkeys(findings), key=key))
