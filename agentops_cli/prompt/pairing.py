"""Which message of an earlier version is which of a later one."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from agentops_cli.prompt.source import Passage

_WORD: Final = re.compile(r"\w+")
_MOST_COMPARED: Final = 1_000


def paired(
    old: Sequence[Passage], new: Sequence[Passage]
) -> Iterator[tuple[Passage | None, Passage | None]]:
    """Each message with its other version, in the order of the later ones; None where it has none.

    Only messages of one role are versions of one another, in their order. Where a role has more of
    them on one side, those that are most alike belong together.
    """
    twins: dict[int, Passage] = {}
    for role in dict.fromkeys(each.role for each in (*old, *new)):
        mine = [each for each in old if each.role == role]
        theirs = [each for each in new if each.role == role]
        for one, other in _matched(mine, theirs):
            twins[id(one)] = other
            twins[id(other)] = one
    lost = [each for each in old if id(each) not in twins]
    at = {id(each): index for index, each in enumerate(old)}
    for passage in new:
        twin = twins.get(id(passage))
        while twin is not None and lost and at[id(lost[0])] < at[id(twin)]:
            yield lost.pop(0), None
        yield twin, passage
    for passage in lost:
        yield passage, None


def _matched(old: list[Passage], new: list[Passage]) -> Iterator[tuple[Passage, Passage]]:
    if len(old) == len(new) or len(old) * len(new) > _MOST_COMPARED:
        yield from zip(old, new, strict=False)
    elif len(old) > len(new):
        yield from ((one, other) for other, one in _matched(new, old))
    else:
        yield from zip(old, (new[index] for index in _places(old, new)), strict=True)


def _places(few: list[Passage], many: list[Passage]) -> list[int]:
    """For each of the few its place among the many, in rising order, so that most is alike."""
    words = [Counter(_WORD.findall(each.text)) for each in many]
    best: list[tuple[float, list[int]]] = [(0.0, [])] * (len(many) + 1)
    for count, passage in enumerate(few):
        mine = Counter(_WORD.findall(passage.text))
        row: list[tuple[float, list[int]]] = [(-1.0, [])] * (len(many) + 1)
        for end in range(count + 1, len(many) + 1):
            so_far, places = best[end - 1]
            total = so_far + _likeness(mine, words[end - 1])
            row[end] = (total, [*places, end - 1]) if total > row[end - 1][0] else row[end - 1]
        best = row
    return best[-1][1]


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """How many of the words of both are the same ones, from 0 to 1."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0
