"""Two versions of some messages, line by line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from agentops_cli.diff.moved import moved
from agentops_cli.diff.values import Line, Mark, MessageDiff, Piece
from agentops_cli.diff.words import word_pieces
from agentops_cli.prompt.matching import Effort, matches


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One message; `numbers` are the lines of its file on which its own stand."""

    role: str | None
    text: str
    numbers: Sequence[int]


def message_diffs(
    pairs: Sequence[tuple[Told | None, Told | None]], effort: Effort | None = None
) -> tuple[MessageDiff, ...]:
    """The messages of both versions, each with its other version; None where it has none.

    Lines that have gone from one place and turn up in another, in any message, have moved.
    """
    effort = effort or Effort()
    drafts = [_draft(old, new, effort) for old, new in pairs]
    _mark_moved([block for draft in drafts for block in draft.blocks])
    return tuple(draft.finished(effort) for draft in drafts)


@dataclass(slots=True)
class _Row:
    """A line of one version, or of both."""

    text: str
    mark: Mark
    before: int | None = None
    after: int | None = None

    def line(self, pieces: tuple[Piece, ...] | None = None) -> Line:
        whole = (Piece(text=self.text, mark=self.mark),)
        return Line(before=self.before, after=self.after, mark=self.mark, pieces=pieces or whole)


@dataclass(slots=True)
class _Block:
    """Lines that are gone, and those that stand for them now."""

    removed: list[_Row]
    added: list[_Row]

    def lines(self, effort: Effort) -> Iterator[Line]:
        old = [row for row in self.removed if row.mark == "removed"]
        new = [row for row in self.added if row.mark == "added"]
        pieces: dict[int, tuple[Piece, ...]] = {}
        if old and new:
            mine, theirs = word_pieces([row.text for row in old], [row.text for row in new], effort)
            pieces = {
                id(row): each for row, each in zip((*old, *new), (*mine, *theirs), strict=True)
            }
        for row in (*self.removed, *self.added):
            yield row.line(pieces.get(id(row)))


@dataclass(slots=True)
class _Draft:
    role: str | None
    status: Literal["same", "changed", "added", "removed"]
    parts: list[_Row | _Block] = field(default_factory=list)

    @property
    def blocks(self) -> list[_Block]:
        return [part for part in self.parts if isinstance(part, _Block)]

    def finished(self, effort: Effort) -> MessageDiff:
        lines: list[Line] = []
        for part in self.parts:
            lines += part.lines(effort) if isinstance(part, _Block) else [part.line()]
        return MessageDiff(role=self.role, status=self.status, lines=tuple(lines))


def _draft(old: Told | None, new: Told | None, effort: Effort) -> _Draft:
    if old is None or new is None:
        assert old is not None or new is not None  # noqa: S101 # One of a pair is there.
        block = _Block(_rows(old, "removed"), _rows(new, "added"))
        told = new or old
        role = told.role if told else None
        return _Draft(role, "added" if old is None else "removed", [block])
    if old.text == new.text:
        return _Draft(new.role, "same")
    before, after = _rows(old, "removed"), _rows(new, "added")
    draft = _Draft(new.role, "changed")
    start = at = 0
    for run in matches([row.text for row in before], [row.text for row in after], effort):
        draft.parts += _changed(before[start : run.old], after[at : run.new])
        for step in range(run.size):
            row, now = before[run.old + step], after[run.new + step]
            draft.parts.append(_Row(row.text, "same", row.before, now.after))
        start, at = run.old + run.size, run.new + run.size
    draft.parts += _changed(before[start:], after[at:])
    return draft


def _changed(removed: list[_Row], added: list[_Row]) -> list[_Row | _Block]:
    return [_Block(removed, added)] if removed or added else []


def _rows(told: Told | None, mark: Literal["removed", "added"]) -> list[_Row]:
    if told is None:
        return []
    lines = zip(told.text.split("\n"), told.numbers, strict=True)
    if mark == "removed":
        return [_Row(text, mark, number, None) for text, number in lines]
    return [_Row(text, mark, None, number) for text, number in lines]


def _mark_moved(blocks: Sequence[_Block]) -> None:
    """Marks the rows that are in two blocks, word for word."""
    removed: list[_Row | None] = []
    added: list[_Row | None] = []
    for block in blocks:
        removed += (*block.removed, None)
        added += (*block.added, None)
    for run in moved(_texts(removed), _texts(added)):
        for step in range(run.size):
            row, now = removed[run.old + step], added[run.new + step]
            if row is not None and now is not None:
                row.mark, now.mark = "moved-from", "moved-to"


def _texts(rows: Sequence[_Row | None]) -> list[str | None]:
    return [None if row is None else row.text for row in rows]
