"""Ranges of versions as npm has them: `^1.2`, `~1.2.3`, `>=1.2 <2`, `1.x`, `1.2 - 2.3`, `1 || 2`.

Source: https://github.com/npm/node-semver#ranges, recalled. A version before a release is in a
range only where that names one of the same release: nobody gets 2.0.0-rc.1 by asking for `>=1`.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from agentops_cli.model.json import Json

if TYPE_CHECKING:  # It reads command lines too: 4 ms, which no range needs.
    import semver

Operator = Literal["<", "<=", ">", ">="]

_PART: Final = r"(?:0|[1-9][0-9]{0,15}|[xX*])"
_PARTIAL: Final = (
    rf"[v=]*(?P<major>{_PART})(?:\.(?P<minor>{_PART})(?:\.(?P<patch>{_PART})"
    r"(?:-(?P<before>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?)?"
)
_ID: Final = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION: Final = re.compile(
    r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
    rf"(?:-({_ID}(?:\.{_ID})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_TERM: Final = re.compile(rf"(?P<how>\^|~>?|>=|<=|>|<|=)?\s*{_PARTIAL}")
_AFTER_OPEN: Final = re.compile(r"[xX*]\.[^xX*]")
_HYPHEN: Final = re.compile(r"\s*(\S+)\s+-\s+(\S+)\s*")
_SPACED: Final = re.compile(r"(\^|~>?|>=|<=|>|<|=)\s+")
_ANY: Final = frozenset({"x", "X", "*", None})


class Order(NamedTuple):
    """Where a version stands among others: of two tuples the greater is the later version.

    Source: https://semver.org/spec/v2.0.0.html, section 11. What follows a `+` does not count.
    """

    major: int
    minor: int
    patch: int
    is_release: bool = True
    before: tuple[tuple[bool, int, str], ...] = ()

    @property
    def release(self) -> tuple[int, int, int]:
        """The release that it is, or comes before."""
        return self[:3]


class Bound(NamedTuple):
    """One side of an interval of versions."""

    how: Operator
    version: Order

    def holds(self, version: Order) -> bool:
        """Whether a version is on this side."""
        match self.how:
            case "<":
                return version < self.version
            case "<=":
                return version <= self.version
            case ">":
                return version > self.version
        return version >= self.version


class Range(NamedTuple):
    """Versions that keep all bounds of any alternative."""

    alternatives: tuple[tuple[Bound, ...], ...]

    def has(self, version: Order) -> bool:
        """Whether a version is in it."""
        return any(_keeps(version, bounds) for bounds in self.alternatives)

    def highest(self, versions: Iterable[Order]) -> Order | None:
        """The highest of the versions that are in it; None where none is."""
        return max(filter(self.has, versions), default=None)


def read_range(text: str) -> Range | None:
    """The range that a text is; None where it is none."""
    alternatives = [_alternative(part) for part in text.split("||")]
    read = tuple(each for each in alternatives if each is not None)
    return Range(read) if len(read) == len(alternatives) else None


def order_of(version: str) -> Order | None:
    """Where a semantic version stands; None for any other text."""
    found = _VERSION.fullmatch(version)
    try:
        return found and _order(int(found[1]), int(found[2]), int(found[3]), found[4])
    except ValueError:  # Python reads no number of thousands of digits.
        return None


def parse_version(version: Json) -> "semver.Version | None":
    """A semantic version; None for any other text."""
    if not isinstance(version, str):
        return None
    import semver  # As above.

    try:
        return semver.Version.parse(version)
    except ValueError:
        return None


def _order(major: int, minor: int, patch: int, before: str | None) -> Order:
    if before is None:
        return Order(major, minor, patch)
    parts = before.split(".")  # Numbers come before words.
    ids = tuple((False, int(p), "") if p.isdigit() else (True, 0, p) for p in parts)
    return Order(major, minor, patch, is_release=False, before=ids)


def _keeps(version: Order, bounds: tuple[Bound, ...]) -> bool:
    if not all(bound.holds(version) for bound in bounds):
        return False
    return version.is_release or any(
        not bound.version.is_release and bound.version.release == version.release
        for bound in bounds
    )


def _alternative(text: str) -> tuple[Bound, ...] | None:
    hyphen = _HYPHEN.fullmatch(text)
    terms = [f">={hyphen[1]}", f"<={hyphen[2]}"] if hyphen else _SPACED.sub(r"\1", text).split()
    bounds: list[Bound] = []
    for term in terms:
        found = _TERM.fullmatch(term)
        if found is None or _AFTER_OPEN.search(term):
            return None
        bounds += _bounds(found["how"] or "", _Partial.of(found))
    return tuple(bounds)


class _Partial(NamedTuple):
    """A version of which the last parts may be open. `lowest` is the first that it may be.

    `after` is the first beyond all that it may be, None where every version is one.
    """

    lowest: Order
    after: Order | None
    major: bool
    minor: bool

    @classmethod
    def of(cls, found: re.Match[str]) -> "_Partial":
        numbers: list[int] = []
        for part in ("major", "minor", "patch"):
            if found[part] in _ANY:
                break
            numbers.append(int(found[part]))
        named = len(numbers)
        major, minor, patch = (*numbers, 0, 0, 0)[:3]
        lowest = _order(major, minor, patch, found["before"] if named == 3 else None)
        after = None
        if named == 1:
            after = _next_major(lowest)
        elif named == 2:
            after = _next_minor(lowest)
        return cls(lowest, after, major=named > 0, minor=named > 1)

    @property
    def is_whole(self) -> bool:
        return self.minor and self.after is None


def _bounds(how: str, partial: _Partial) -> list[Bound]:
    low, after = partial.lowest, partial.after
    if not partial.major:
        # Every version, or none is beyond every one.
        return [Bound("<", low)] if how in {"<", ">"} else [Bound(">=", low)]
    match how:
        case ">":
            return [Bound(">", low) if after is None else Bound(">=", after)]
        case ">=":
            return [Bound(">=", low)]
        case "<":
            return [Bound("<", low)]
        case "<=":
            return [Bound("<=", low) if after is None else Bound("<", after)]
        case "^":
            return [Bound(">=", low), Bound("<", _next_breaking(partial))]
        case "~" | "~>":
            end = _next_minor(low) if partial.minor else _next_major(low)
            return [Bound(">=", low), Bound("<", end)]
    return [Bound(">=", low), Bound("<=", low) if after is None else Bound("<", after)]


def _next_breaking(partial: _Partial) -> Order:
    """Where the first part that is not 0 goes up; an open part may be anything."""
    low = partial.lowest
    if low.major or not partial.minor:
        return _next_major(low)
    if low.minor or not partial.is_whole:
        return _next_minor(low)
    return Order(low.major, low.minor, low.patch + 1)


def _next_major(version: Order) -> Order:
    return Order(version.major + 1, 0, 0)


def _next_minor(version: Order) -> Order:
    return Order(version.major, version.minor + 1, 0)
