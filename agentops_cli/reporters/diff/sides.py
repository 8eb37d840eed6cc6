"""Both versions of a message beside one another, for whoever has a wide terminal."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import Final, TypeAlias

from agentops_cli.diff.values import Line
from agentops_cli.reporters.columns import width
from agentops_cli.reporters.diff.hunks import SIGNS, Gap, is_partly, number_width
from agentops_cli.reporters.painted import Part, Parts

Styled: TypeAlias = Callable[[Line], Parts]

_LEAST: Final = 16
_BETWEEN: Final = " │ "


def beside(rows: Sequence[Line | Gap], columns: int, styled: Styled) -> Iterator[Parts]:
    """The rows with the earlier version to the left, in so many columns; what is longer is wrapped.

    Removed lines stand beside the added ones that come after them.
    """
    size = number_width(rows)
    room = max((columns - len(_BETWEEN)) // 2 - size - 3, _LEAST)
    for left, right in _pairs(rows):
        if isinstance(left, Gap):
            yield (Part(f"{'':{size}}  ⋯ {left}", "dim"),)
            continue
        both = zip_longest(
            _half(left, left.before if left else None, size, room, styled),
            _half(right, right.after if right else None, size, room, styled),
            fillvalue=None,
        )
        for one, other in both:
            blank = (Part(" " * (size + 3 + room)),)
            yield *(one or blank), Part(_BETWEEN, "dim"), *(other or ())


def _pairs(
    rows: Sequence[Line | Gap],
) -> Iterator[tuple[Line | None, Line | None] | tuple[Gap, None]]:
    """What stands to the left and to the right of each row."""
    left: deque[Line] = deque()
    right: deque[Line] = deque()
    for row in rows:
        if isinstance(row, Line) and row.after is None:
            if right:  # Another block begins.
                yield from _aligned(left, right)
            left.append(row)
        elif isinstance(row, Line) and row.before is None:
            right.append(row)
        else:
            yield from _aligned(left, right)
            yield (row, None) if isinstance(row, Gap) else (row, row)
    yield from _aligned(left, right)


def _aligned(left: deque[Line], right: deque[Line]) -> Iterator[tuple[Line | None, Line | None]]:
    """The lines of a block, of which nothing is left then: those that share words side by side."""
    while left or right:
        if left and right and is_partly(left[0]) == is_partly(right[0]):
            yield left.popleft(), right.popleft()
        elif left and not (right and is_partly(left[0])):
            yield left.popleft(), None
        else:
            yield None, right.popleft()


def _half(
    line: Line | None, number: int | None, size: int, room: int, styled: Styled
) -> Iterator[Parts]:
    """One side of a row, in as many lines as it takes, each filled up with blanks."""
    if line is None:
        return
    for at, parts in enumerate(_wrapped(styled(line), room)):
        head = f"{number or '':>{size}} {SIGNS[line.mark]} " if not at else " " * (size + 3)
        taken = sum(width(part.text) for part in parts)
        yield Part(head, "dim"), *parts, Part(" " * (room - taken))


def _wrapped(parts: Parts, room: int) -> Iterator[Parts]:
    """The parts in lines of so many columns, between two words where a line has several."""
    line: list[Part] = []
    free = room
    for part in parts:
        text = part.text
        while text:
            taken = _fitting(text, free)
            if taken < len(text):
                taken = text.rfind(" ", 0, taken + 1) + 1 or (taken if free == room else 0)
            if not taken and free == room:
                taken = 1  # A character that fits in no line is not lost.
            if taken:
                piece = text[:taken]
                line.append(Part(piece if taken == len(text) else piece.rstrip(" "), part.style))
                free -= width(line[-1].text)
                text = text[taken:]
            if text:
                yield tuple(line)
                line, free = [], room
    if line or not any(part.text for part in parts):
        yield tuple(line)


def _fitting(text: str, room: int) -> int:
    """How many characters fit."""
    if text.isascii():
        return min(len(text), room)
    taken = columns = 0
    for character in text:
        columns += width(character)
        if columns > room:
            break
        taken += 1
    return taken
