"""Lines that have moved: gone in one place, and new in another, word for word."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from agentops_cli.prompt.matching import Match

_LETTER: Final = re.compile(r"\w")
_LEAST: Final = 20
"""So many letters a block has at least, as git has it for `--color-moved`: less is by chance."""

_RARE: Final = 8
"""What is there more often marks no block; time stays linear."""

Lines = Sequence[str | None]
"""Lines in reading order; None parts those that do not follow one another."""


def moved(removed: Lines, added: Lines) -> list[Match]:
    """The blocks that are among the removed lines and the added ones, the longest first.

    No line is in two of them. The same ones are found the other way round.
    """
    if _key(added) < _key(removed):
        return [Match(each.new, each.old, each.size) for each in moved(added, removed)]
    places: dict[str, list[int]] = {}
    for index, line in enumerate(added):
        if line is not None and line.strip():
            places.setdefault(line, []).append(index)
    seen: set[tuple[int, int]] = set()
    blocks: list[tuple[int, Match]] = []
    for index, line in enumerate(removed):
        at = places.get(line, []) if line is not None else []
        for place in at if len(at) <= _RARE else ():
            if (index, place) not in seen:
                block = _around(removed, added, index, place)
                steps = range(block.size)
                seen |= {(block.old + step, block.new + step) for step in steps}
                blocks.append((_weight(removed, block), block))
    blocks.sort(key=lambda each: (-each[0], each[1].old, each[1].new))
    return list(_apart(block for weight, block in blocks if weight >= _LEAST))


def _key(lines: Lines) -> tuple[int, list[str]]:
    return len(lines), [line or "" for line in lines]


def _around(removed: Lines, added: Lines, index: int, place: int) -> Match:
    """The longest block that two equal lines are in."""
    start, at = index, place
    while start and at and _are_same(removed[start - 1], added[at - 1]):
        start, at = start - 1, at - 1
    end, to = index + 1, place + 1
    while end < len(removed) and to < len(added) and _are_same(removed[end], added[to]):
        end, to = end + 1, to + 1
    return Match(start, at, end - start)


def _are_same(one: str | None, other: str | None) -> bool:
    return one is not None and one == other


def _weight(lines: Lines, block: Match) -> int:
    mine = lines[block.old : block.old + block.size]
    return sum(len(_LETTER.findall(line)) for line in mine if line is not None)


def _apart(blocks: Iterator[Match]) -> Iterator[Match]:
    """The blocks of which no line is in an earlier one."""
    old: set[int] = set()
    new: set[int] = set()
    for block in blocks:
        mine = range(block.old, block.old + block.size)
        theirs = range(block.new, block.new + block.size)
        if old.isdisjoint(mine) and new.isdisjoint(theirs):
            old.update(mine)
            new.update(theirs)
            yield block
