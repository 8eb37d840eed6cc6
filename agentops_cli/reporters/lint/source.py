"""The lines that findings are about, with nothing in them that nobody should read twice."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from agentops_cli.model.place import Location
from agentops_cli.patterns import Hit
from agentops_cli.prompt.source import Span
from agentops_cli.redact import Redact
from agentops_cli.reporters.columns import cut, cut_left, shown, spelled, width
from agentops_cli.reporters.hidden import TOLD, hidden_in

_COLUMNS = 72
"""What is shown of a line, so that with its number it fits into the narrowest usual terminal."""

_STRETCH = 48
_FAR = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A part of a line as it may be shown: on both sides of a stretch, and the stretch itself.

    All three are free of control characters. `is_longer` tells that the stretch goes on in the next
    line.
    """

    line: int
    before: str
    stretch: str
    after: str
    is_longer: bool = False

    @property
    def text(self) -> str:
        """What is shown of the line."""
        return f"{self.before}{self.stretch}{self.after}"

    @property
    def carets(self) -> str:
        """What stands below the text to point at the stretch."""
        return " " * width(self.before) + "^" * max(1, width(self.stretch))


class Source:
    """The text of a file, with stretches of it hidden: those that are secret by their form, and
    those that a rule found to be.
    """

    def __init__(self, text: str, redact: Redact, told: Iterable[Span] = ()) -> None:
        hits = (Hit(kind=TOLD, start=each.start, end=each.end) for each in told)
        self._hidden = hidden_in(text, redact, hits)
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self.text = text

    def place(self, at: int) -> tuple[int, int]:
        """The line and column of an offset, both from 1."""
        line = bisect_right(self._starts, at)
        return line, at - self._starts[line - 1] + 1

    def offset(self, place: Location) -> int | None:
        """The offset of a place; None where the text has no such line."""
        line = place.line or 1
        if line > len(self._starts):
            return None
        return min(self._starts[line - 1] + (place.column or 1) - 1, self._end(line))

    def line(self, number: int) -> str:
        """A line as it may be shown, without the space around it."""
        if number > len(self._starts):
            return ""
        return self._masked(self._starts[number - 1], self._end(number)).strip()

    def excerpt(self, place: Location, end: Location | None) -> Excerpt | None:
        """The line where something begins; None where the text has no such line."""
        start = self.offset(place)
        if start is None:
            return None
        line = place.line or 1
        first, last = self._starts[line - 1], self._end(line)
        stop = start if end is None else self.offset(end)
        stop = start if stop is None else max(stop, start)
        is_longer = stop > last
        stop = min(stop, last)
        for hit in self._hidden:
            if hit.start < max(stop, start + 1) and hit.end > start:
                start, stop = max(min(start, hit.start), first), min(max(stop, hit.end), last)
        # A line may be the whole file; most of that is cut off before it costs anything.
        before = shown(self._masked(max(first, start - _FAR), start))
        after = shown(self._masked(stop, min(last, stop + _FAR)))
        stretch = cut(spelled(self._masked(start, min(stop, start + _FAR))), _STRETCH)
        room = _COLUMNS - width(stretch)
        # What stands before it gets two thirds, and what the other side leaves.
        before = cut_left(before, max(room * 2 // 3, room - width(after)))
        after = cut(after.rstrip(), room - width(before))
        return Excerpt(line=line, before=before, stretch=stretch, after=after, is_longer=is_longer)

    def _end(self, line: int) -> int:
        return self._starts[line] - 1 if line < len(self._starts) else len(self.text)

    def _masked(self, start: int, end: int) -> str:
        """A stretch of one line with a mark for each thing that is hidden, wherever it began."""
        parts: list[str] = []
        at = start
        for hit in self._hidden:
            if hit.start < end and hit.end > start:
                parts += (self.text[at : max(hit.start, at)], f"[redacted:{hit.kind}]")
                at = min(hit.end, end)
        return "".join((*parts, self.text[at:end]))
