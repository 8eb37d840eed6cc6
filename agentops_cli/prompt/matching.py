"""Which parts of two sequences are the same, in an order that both have.

A stranger's text must not take minutes: what is unique on both sides parts the sequences first, and
where nothing is, `SequenceMatcher` may only do so much.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, NamedTuple

_MOST: Final = 10_000_000
"""Comparisons for one prompt: about a second."""

_MOST_AT_ONCE: Final = 1_000_000
_WIDTHS: Final = (1, 2, 4)
_FEW: Final = 2_500
"""Two short sequences are compared as they are: so many pairs of their items."""


@dataclass(slots=True)
class Effort:
    """How much is left to be spent on one prompt; afterwards, what remains counts as replaced."""

    left: int = _MOST

    def may(self, cost: int) -> bool:
        """Whether so much may be spent; it then is."""
        if cost > self.left:
            return False
        self.left -= cost
        return True


class Match(NamedTuple):
    """A run of `size` items that begins at `old` in the one sequence and at `new` in the other."""

    old: int
    new: int
    size: int


def matches(old: Sequence[str], new: Sequence[str], effort: Effort) -> list[Match]:
    """The runs that are the same, in rising order; the same ones whichever comes first."""
    if (len(new), new) < (len(old), old):
        return [Match(each.new, each.old, each.size) for each in _ordered(new, old, effort)]
    return _ordered(old, new, effort)


class Block(NamedTuple):
    """Items from `start` to `end` of the one sequence, for which those from `at` to `to` stand."""

    start: int
    end: int
    at: int
    to: int


def differing(old: Sequence[str], new: Sequence[str], effort: Effort) -> Iterator[Block]:
    """What stands between the runs that are the same, in rising order."""
    start = at = 0
    for run in (*matches(old, new, effort), Match(len(old), len(new), 0)):
        if start < run.old or at < run.new:
            yield Block(start, run.old, at, run.new)
        start, at = run.old + run.size, run.new + run.size


def _ordered(old: Sequence[str], new: Sequence[str], effort: Effort) -> list[Match]:
    found: list[Match] = []
    left = [(0, len(old), 0, len(new))]
    while left:
        start, end, at, to = left.pop()
        size = _same_from(old, new, start, at, min(end - start, to - at))
        if size:
            found.append(Match(start, at, size))
            start, at = start + size, at + size
        size = _same_until(old, new, end, to, min(end - start, to - at))
        if size:
            found.append(Match(end - size, to - size, size))
            end, to = end - size, to - size
        if start == end or at == to or not effort.may(end - start + to - at):
            continue
        is_short = (end - start) * (to - at) <= _FEW
        anchors = [] if is_short else _anchors(old[start:end], new[at:to])
        if anchors:
            cuts = [(start + one, at + other) for one, other in anchors]
            for (begin, there), (stop, up_to) in zip(
                ((start, at), *cuts), (*cuts, (end, to)), strict=True
            ):
                left.append((begin, stop, there, up_to))
        else:
            found += (
                Match(start + each.old, at + each.new, each.size)
                for each in _compared(old[start:end], new[at:to], effort)
            )
    found.sort(key=lambda each: each.old)
    return found


def _same_from(old: Sequence[str], new: Sequence[str], start: int, at: int, most: int) -> int:
    size = 0
    while size < most and old[start + size] == new[at + size]:
        size += 1
    return size


def _same_until(old: Sequence[str], new: Sequence[str], end: int, to: int, most: int) -> int:
    size = 0
    while size < most and old[end - size - 1] == new[to - size - 1]:
        size += 1
    return size


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Where both have something once, as far as it stands in one order: patience diff.

    That is an item, or where every item is there twice, a few of them in a row.
    """
    for width in _WIDTHS:
        runs, runs_now = _runs(old, width), _runs(new, width)
        once, once_now = Counter(runs), Counter(runs_now)
        at = {run: index for index, run in enumerate(runs_now) if once_now[run] == 1}
        pairs = [(index, at[run]) for index, run in enumerate(runs) if once[run] == 1 and run in at]
        if pairs:
            return list(_rising(pairs))
    return []


def _runs(items: Sequence[str], width: int) -> list[tuple[str, ...]]:
    """Each item with those after it, so many in all."""
    return list(zip(*(items[at:] for at in range(width)), strict=False))


def _rising(pairs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The longest part of the pairs of which the second numbers rise, as the first ones do."""
    tails: list[int] = []
    piles: list[int] = []
    for _, second in pairs:
        pile = bisect_left(tails, second)
        tails[pile : pile + 1] = [second]
        piles.append(pile)
    kept: list[tuple[int, int]] = []
    wanted = len(tails) - 1
    for pair, pile in zip(reversed(pairs), reversed(piles), strict=True):
        if pile == wanted and (not kept or pair[1] < kept[-1][1]):
            kept.append(pair)
            wanted -= 1
    return reversed(kept)


def _compared(old: Sequence[str], new: Sequence[str], effort: Effort) -> Iterator[Match]:
    """The runs that `SequenceMatcher` finds; none where it could take long."""
    counts = Counter(new)
    pairs = sum(counts[item] for item in old)
    cost = (len(old) + len(new) + pairs) * min(len(old), len(new))
    if cost <= _MOST_AT_ONCE and effort.may(cost) and pairs:
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        for start, at, size in matcher.get_matching_blocks():
            if size:
                yield Match(start, at, size)
