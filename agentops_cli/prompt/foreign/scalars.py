"""Where each character of a text stands that is written as a scalar of YAML or JSON."""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.model.prompt import Role
from agentops_cli.prompt.source import Passage

_WORD: Final = re.compile(r"\S(?:.*\S)?")
_INDENT: Final = re.compile(r"^( *+)[^ \n]", re.MULTILINE)
_SPACE: Final = re.compile(r"\s*")

Segments = tuple[tuple[int, int], ...]


def passage_of(text: str, start: int, end: int, *, value: str, role: Role | None) -> Passage:
    """The passage of a scalar that is written from `start` to `end` of a file's text.

    It is exact where each character is written as itself; with an escape in it, it is not.
    """
    segments = _segments(text[start:end], start, value)
    if segments is None:
        return Passage(role=role, text=value, segments=((0, start),), exact=False)
    return Passage(role=role, text=value, segments=segments)


def _segments(written: str, start: int, value: str) -> Segments | None:
    """What leads from the value to the file, None where nothing does."""
    style = written[:1]
    if style == "|":
        return _literal(written, start, value)
    if style == ">":
        return _folded(written, written.find("\n") + 1, start, value)
    if style in ("'", '"'):
        if "\\" in written if style == '"' else "''" in written[1:-1]:
            return None
        return _folded(written[:-1], 1, start, value)
    return None if style in ("&", "!", "*") else _folded(written, 0, start, value)


def _literal(written: str, start: int, value: str) -> Segments | None:
    """A block whose lines are the value's, indented."""
    first = written.find("\n") + 1
    outer, inner = _INDENT.search(written, first), _INDENT.search(value)
    if not first or outer is None or inner is None:
        return None
    indent = len(outer[1]) - len(inner[1])
    segments: list[tuple[int, int]] = []
    at, begin = 0, first
    for line in value.split("\n"):
        end = written.find("\n", begin)
        stop = len(written) if end < 0 else end
        if written[begin + indent : stop] != line:
            # Below the text stand only line ends, of which the block may drop some.
            return tuple(segments) if segments and at == len(value) else None
        segments.append((at, start + min(begin + indent, stop)))
        at, begin = at + len(line) + 1, stop + 1
    return tuple(segments)


def _folded(written: str, begin: int, start: int, value: str) -> Segments | None:
    """A scalar whose lines are joined by spaces."""
    if written[begin:] == value:
        return ((0, start + begin),)
    segments: list[tuple[int, int]] = []
    at = 0
    for offset, words in _lines(written, begin):
        space = _SPACE.match(value, at)
        at = space.end() if space else at
        if not value.startswith(words, at):
            return None
        segments.append((at, start + offset))
        at += len(words)
    return tuple(segments) if segments and not value[at:].strip() else None


def _lines(written: str, begin: int) -> Iterator[tuple[int, str]]:
    return ((found.start(), found[0]) for found in _WORD.finditer(written, begin))
