"""Which words of some lines are others in the lines that stand for them now."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final

from agentops_cli.diff.values import Mark, Piece
from agentops_cli.prompt.matching import Effort, Match, matches

# No tag holds a brace: each search ends at the next one, so that a stranger's text takes no longer.
_TOKEN: Final = re.compile(
    r"(\{\{\{[^{}\n]*\}\}\}|\{\{[^{}\n]*\}\}|\{%[^{}\n]*%\}|\{#[^{}\n]*#\}|\$\{[^{}\n]*\}"
    r"|\w+(?:['\u2019]\w+)*|[^\w\s])"
)
_NO_LETTERS: Final = re.compile(r"\W+")

_ALIKE: Final = 0.3
"""Lines of which less is the same are told as a whole: nobody reads shreds."""

_CRUMB: Final = 3
"""So few letters between two changes belong to them."""


@dataclass(frozen=True, slots=True)
class _Side:
    """The tokens of some lines: words, signs and tags.

    `leads` are the white space before each, `at` the numbers of their lines; `tails` are the white
    space at the end of each line.
    """

    tokens: list[str]
    leads: list[str]
    at: list[int]
    tails: list[str]

    def opens(self, index: int) -> bool:
        """Whether a token is the first of its line."""
        return index == 0 or self.at[index - 1] != self.at[index]

    def closes(self, index: int) -> bool:
        """Whether a token is the last of its line."""
        return index + 1 == len(self.tokens) or self.opens(index + 1)


Pieces = list[tuple[Piece, ...]]


def word_pieces(
    removed: Sequence[str], added: Sequence[str], effort: Effort
) -> tuple[Pieces, Pieces]:
    """The lines of both sides in pieces, marked where their words differ; in one order, as given.

    Where too little is the same, each line is one piece.
    """
    old, new = _side(removed), _side(added)
    found = [run for run in matches(old.tokens, new.tokens, effort) if _is_told(run, old, new)]
    same = 2 * _weight(token for run in found for token in _run(old, run))
    if same < _ALIKE * (_weight(removed) + _weight(added)):
        found = []
    if not found:
        return _whole(removed, "removed"), _whole(added, "added")
    here = {run.old + step: run.new + step for run in found for step in range(run.size)}
    there = {now: was for was, now in here.items()}
    return list(_pieces(old, new, here, "removed")), list(_pieces(new, old, there, "added"))


def _side(lines: Sequence[str]) -> _Side:
    side = _Side([], [], [], [])
    for number, line in enumerate(lines):
        *parts, tail = _TOKEN.split(line)
        side.tokens.extend(parts[1::2])
        side.leads.extend(parts[::2])
        side.at.extend([number] * (len(parts) // 2))
        side.tails.append(tail)
    return side


def _run(side: _Side, run: Match) -> list[str]:
    return side.tokens[run.old : run.old + run.size]


def _weight(texts: Iterable[str]) -> int:
    """How many letters some texts have."""
    return len(_NO_LETTERS.sub("", "".join(texts)))


def _is_told(run: Match, old: _Side, new: _Side) -> bool:
    """Whether a run is more than a crumb; one at either end of a line is not between changes."""
    tokens = _run(old, run)
    if _weight(tokens) >= _CRUMB or tokens[0].startswith("{"):
        return True
    return (old.opens(run.old) and new.opens(run.new)) or (
        old.closes(run.old + run.size - 1) and new.closes(run.new + run.size - 1)
    )


def _whole(lines: Sequence[str], mark: Mark) -> Pieces:
    return [(Piece(text=line, mark=mark),) for line in lines]


def _pieces(
    side: _Side, other: _Side, twins: dict[int, int], mark: Mark
) -> Iterator[tuple[Piece, ...]]:
    """Each line in pieces; white space goes with what is around it."""
    parts: list[list[tuple[str, Mark]]] = [[] for _ in side.tails]
    tails = [mark] * len(side.tails)
    for index, (token, lead, line) in enumerate(zip(side.tokens, side.leads, side.at, strict=True)):
        twin = twins.get(index)
        is_first = side.opens(index)
        if twin is None:
            follows = not is_first and index - 1 not in twins
            parts[line] += (lead, mark if follows else "same"), (token, mark)
            continue
        is_spaced = lead == other.leads[twin] or is_first != other.opens(twin)
        adjoins = is_first or twins.get(index - 1) == twin - 1
        parts[line] += (lead, "same" if is_spaced or not adjoins else mark), (token, "same")
        if other.tails[other.at[twin]] == side.tails[line]:
            tails[line] = "same"
    for part, tail, end in zip(parts, side.tails, tails, strict=True):
        yield _joined([*part, (tail, end)])


def _joined(parts: Sequence[tuple[str, Mark]]) -> tuple[Piece, ...]:
    """The pieces of a line, neighbours of one mark together."""
    runs = groupby((part for part in parts if part[0]), key=itemgetter(1))
    return tuple(Piece(text="".join(text for text, _ in run), mark=mark) for mark, run in runs)
