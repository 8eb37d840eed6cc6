"""How the suite that both versions are put to differs from what the earlier side had of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from hashlib import sha256
from typing import Final

from agentops_cli.model.place import Location
from agentops_cli.model.suite import Case, Suite

_MOST_IDS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteChange:
    """What the later suite has and the earlier one had not, or had otherwise, in its order.

    `judge` is true when another judge, or one with other words, judges all of its cases.
    """

    suite: str
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    judge: bool = False

    @property
    def of_it(self) -> frozenset[str] | None:
        """The cases that say something else than the earlier side's; None where all of them do."""
        return None if self.judge else frozenset((*self.new, *self.changed))

    @property
    def note(self) -> str | None:
        """The change on one line, with a few ids; None where there is none."""
        parts = []
        if self.new:
            parts.append(f"{len(self.new):,} new {'case' if len(self.new) == 1 else 'cases'}")
        if self.changed:
            ids = ", ".join(self.changed[:_MOST_IDS])
            more = len(self.changed) - _MOST_IDS
            rest = f" and {more:,} more" if more > 0 else ""
            parts.append(f"{len(self.changed):,} changed: {ids}{rest}")
        if self.judge:
            parts.append("its judge is another")
        if not parts:
            return None
        return f"{self.suite} is not the suite of the earlier side: {'; '.join(parts)}"


def suite_change(before: Suite | None, after: Suite) -> SuiteChange:
    """What is new or otherwise in the later suite; all of it where the earlier side has none.

    Where a case is written is no part of it. Each suite is gone over once, and of a case only a
    digest is held.
    """
    known = {case.id: _digest(case) for case in before.cases} if before else {}
    new, changed = [], []
    for case in after.cases:
        if case.id not in known:
            new.append(case.id)
        elif known[case.id] != _digest(case):
            changed.append(case.id)
    return SuiteChange(
        suite=after.path,
        new=tuple(new),
        changed=tuple(changed),
        judge=before is not None and _essence(before.judge) != _essence(after.judge),
    )


def _digest(case: Case) -> bytes:
    return sha256(repr(_essence(case)).encode("utf-8", "surrogatepass")).digest()


def _essence(value: object) -> object:
    """A value without the places in which its parts are written."""
    if isinstance(value, Location):
        return None
    if is_dataclass(value) and not isinstance(value, type):
        return [(each.name, _essence(getattr(value, each.name))) for each in fields(value)]
    if isinstance(value, Mapping):
        return sorted((str(key), repr(_essence(item))) for key, item in value.items())
    if isinstance(value, frozenset):
        return sorted(map(repr, value))
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_essence(item) for item in value]
    return value
