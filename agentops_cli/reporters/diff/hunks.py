"""The lines of a message that are worth showing, each cut to what is worth showing of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from agentops_cli.diff.values import Line, Mark, Piece
from agentops_cli.reporters.columns import shown, spelled
from agentops_cli.reporters.wording import orders_in

SIGNS: Final[dict[Mark, str]] = {
    "same": " ",
    "removed": "-",
    "added": "+",
    "moved-from": "<",
    "moved-to": ">",
}
"""What stands before a line; `<` and `>` are the same text, away from here and to here."""

_CONTEXT: Final = 3
_SAME: Final = 240
"""Characters of an unchanged stretch that are shown, half at either end."""

_FEW: Final = 80
"""So many more are shown too: to say that they are missing takes as much room."""

_CHANGED: Final = 2_000
_LINE: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Unchanged lines that are left out."""

    lines: int

    def __str__(self) -> str:
        return f"{self.lines:,} unchanged lines"


def hunks(lines: Sequence[Line]) -> Iterator[Line | Gap]:
    """The changed lines with a few around them, ready for the eye, and gaps between."""
    near = _near(lines)
    gap: list[Line] = []
    for line, is_shown in zip(lines, near, strict=True):
        if not is_shown:
            gap.append(line)
            continue
        yield from _gap(gap)
        gap = []
        yield _legible(line)
    yield from _gap(gap)


def _near(lines: Sequence[Line]) -> list[bool]:
    near = [False] * len(lines)
    for at, line in enumerate(lines):
        if line.mark != "same":
            for close in range(max(at - _CONTEXT, 0), min(at + _CONTEXT + 1, len(lines))):
                near[close] = True
    return near


def _gap(lines: Sequence[Line]) -> Iterator[Line | Gap]:
    if len(lines) > 1:
        yield Gap(lines=len(lines))
    else:
        yield from map(_legible, lines)  # A line tells more than that there is one.


def _legible(line: Line) -> Line:
    """The line with nothing in it that moves a cursor or hides; a long one is cut."""
    is_short = sum(len(piece.text) for piece in line.pieces) <= _SAME
    spell = shown if line.mark == "same" else spelled
    pieces: list[Piece] = []
    room = _LINE
    for at, piece in enumerate(line.pieces):
        if room <= 0:
            rest = sum(len(each.text) for each in line.pieces[at:])
            pieces.append(Piece(text=f" … [{rest:,} more characters]"))
            break
        text = piece.text if is_short else _cut(piece, line)
        pieces.append(Piece(text=spell(text).replace("\n", "⏎"), mark=piece.mark))
        room -= len(text)
    return replace(line, pieces=tuple(_unheeded(pieces)))


def _unheeded(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """The pieces with a blank in what a CI server would take for an order, wherever it is cut."""
    blanks = orders_in("".join(piece.text for piece in pieces))
    if not blanks:
        yield from pieces
        return
    start = 0
    for piece in pieces:
        end = start + len(piece.text)
        mine = [at - start for at in blanks if start < at <= end]
        cuts = [0, *mine, len(piece.text)]
        yield replace(piece, text=" ".join(piece.text[a:b] for a, b in pairwise(cuts)))
        start = end


def _cut(piece: Piece, line: Line) -> str:
    is_whole = len(line.pieces) == 1 and line.mark != "same"
    most = _CHANGED if piece.mark != "same" or is_whole else _SAME
    missing = len(piece.text) - most
    if missing <= _FEW:
        return piece.text
    half = most // 2
    return f"{piece.text[:half]} … [{missing:,} characters] … {piece.text[-half:]}"


def is_partly(line: Line) -> bool:
    """Whether only some words of a line are others."""
    marks = {piece.mark for piece in line.pieces}
    return line.mark in {"removed", "added"} and len(marks) > 1


def number_width(rows: Iterable[Line | Gap]) -> int:
    """How many digits the longest number of a line has."""
    lines = (row for row in rows if isinstance(row, Line))
    return len(str(max((max(line.before or 0, line.after or 0) for line in lines), default=0)))
