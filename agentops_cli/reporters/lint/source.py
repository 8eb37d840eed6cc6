"""The lines that findings are about, with nothing in them that nobody should read twice."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from unicodedata import category, combining, east_asian_width

from agentops_cli.model.place import Location
from agentops_cli.patterns import Hit
from agentops_cli.prompt.source import Span
from agentops_cli.redact import Redact
from agentops_cli.reporters.wording import visible

_TOLD = "secret"
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
        hits = (Hit(kind=_TOLD, start=each.start, end=each.end) for each in told)
        self._hidden = _joined([*_secrets(text, redact), *hits])
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
        before = _shown(self._masked(max(first, start - _FAR), start))
        after = _shown(self._masked(stop, min(last, stop + _FAR)))
        stretch = _cut(_spelled(self._masked(start, min(stop, start + _FAR))), _STRETCH)
        room = _COLUMNS - width(stretch)
        # What stands before it gets two thirds, and what the other side leaves.
        before = _cut_left(before, max(room * 2 // 3, room - width(after)))
        after = _cut(after.rstrip(), room - width(before))
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


def _secrets(text: str, redact: Redact) -> Iterator[Hit]:
    """Everything to hide; what stood beside a hit is searched again, as `Redact` does it."""
    while hits := redact.hits(text):
        yield from hits
        parts: list[str] = []
        at = 0
        for hit in hits:
            parts += (text[at : hit.start], " " * (hit.end - hit.start))  # Offsets stay right.
            at = hit.end
        text = "".join((*parts, text[at:]))


def _joined(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """The hits in reading order; of those that overlap one is made, under the mark of a form."""
    joined: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: hit.start):
        if joined and hit.start < joined[-1].end:
            last = joined.pop()
            kind = hit.kind if last.kind == _TOLD else last.kind
            joined.append(Hit(kind=kind, start=last.start, end=max(last.end, hit.end)))
        else:
            joined.append(hit)
    return tuple(joined)


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    wide = sum(east_asian_width(each) in "WF" for each in text)
    return len(text) + wide - sum(map(_takes_none, text))


def _takes_none(character: str) -> bool:
    return combining(character) > 0 or category(character) in {"Mn", "Me", "Cf"}


def _shown(text: str) -> str:
    return visible(text.replace("\t", "    "))


def _spelled(text: str) -> str:
    """The text with all that shows nothing spelled out: it may be what is complained of."""
    text = _shown(text)
    if text.isascii():
        return text
    return "".join(
        f"\\u{ord(each):04x}"
        if each != " " and (not each.isprintable() or category(each) in {"Zs", "Cf"})
        else each
        for each in text
    )


def _cut(text: str, columns: int) -> str:
    """As much of the text as fits, with an ellipsis where that is not all."""
    if width(text) <= columns:
        return text
    kept = text[: max(columns - 1, 0)]
    while kept and width(kept) >= columns:
        kept = kept[:-1]
    return f"{kept}…"


def _cut_left(text: str, columns: int) -> str:
    """The same with the end of the text."""
    if width(text) <= columns:
        return text
    kept = text[-max(columns - 1, 1) :]
    while kept and width(kept) >= columns:
        kept = kept[1:]
    return f"…{kept}"
