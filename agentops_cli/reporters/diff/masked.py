"""The lines of a message with marks in place of what nobody should read.

A key may be cut by the line ends and by the marks of changed words, so it is looked for in the text
of each version as a whole.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

from agentops_cli.diff.values import Line, Piece
from agentops_cli.patterns import Hit
from agentops_cli.redact import Redact
from agentops_cli.reporters.hidden import hidden_in, joined


def masked(lines: Sequence[Line], redact: Redact) -> tuple[Line, ...]:
    """The lines; the same ones where there is nothing to hide."""
    hits: defaultdict[int, list[Hit]] = defaultdict(list)
    for side in ("before", "after"):
        theirs = [at for at, line in enumerate(lines) if getattr(line, side) is not None]
        for at, hit in _hits(lines, theirs, redact):
            hits[at].append(hit)
    if not hits:
        return tuple(lines)
    return tuple(
        replace(line, pieces=tuple(_marked(line.pieces, hits[at]))) if at in hits else line
        for at, line in enumerate(lines)
    )


def _hits(
    lines: Sequence[Line], theirs: Sequence[int], redact: Redact
) -> Iterator[tuple[int, Hit]]:
    """What is hidden in each line of a version: the index of the line, and where in it."""
    texts = [lines[at].text for at in theirs]
    hidden = deque(hidden_in("\n".join(texts), redact))
    start = 0
    for at, text in zip(theirs, texts, strict=True):
        end = start + len(text)
        while hidden and hidden[0].end <= start:
            hidden.popleft()
        for hit in hidden:
            if hit.start >= end:
                break
            first, last = max(hit.start - start, 0), min(hit.end, end) - start
            yield at, Hit(kind=hit.kind, start=first, end=last)
        start = end + 1


def _marked(pieces: Sequence[Piece], hits: Sequence[Hit]) -> Iterator[Piece]:
    """The pieces with a mark for each thing that is hidden; it is changed if any of it is."""
    line = "".join(piece.text for piece in pieces)
    told: list[tuple[int, Piece]] = []
    start = 0
    for piece in pieces:
        told.append((start, piece))
        start += len(piece.text)
    at = 0
    for hit in joined(hits):
        yield from _between(told, at, hit.start)
        of = [*_between(told, hit.start, hit.end)]
        changed = next((each for each in of if each.mark != "same"), Piece(text=""))
        yield replace(changed, text=f"[redacted:{hit.kind}]")
        at = hit.end
    yield from _between(told, at, len(line))


def _between(pieces: Sequence[tuple[int, Piece]], start: int, end: int) -> Iterator[Piece]:
    """The parts of pieces that stand in a stretch of their line."""
    for at, piece in pieces:
        text = piece.text[max(start - at, 0) : max(end - at, 0)]
        if text:
            yield replace(piece, text=text)
