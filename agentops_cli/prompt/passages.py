"""The messages of a body that has role lines, each with its place in the file."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from agentops_cli.model.prompt import Role
from agentops_cli.prompt.roles import Layout
from agentops_cli.prompt.source import Passage

_BLANK_LINES: Final = re.compile(r"(?:[ \t]*+\n)*+")


def passages_of(
    text: str, start: int, layout: Layout, *, first: Role | None
) -> tuple[Passage, ...]:
    """The messages of the part of a text that begins at `start`, as templates.

    `layout` has the role lines of that part; what stands before them is the message of `first`.
    As when they are rendered, blank lines before a message and white space after it are not part of
    it, and one without text is left out.
    """
    return passages_between(text, start, role_lines(text, start, layout), first=first)


def passages_between(
    text: str, start: int, marks: Iterable[tuple[Role | None, int, int]], *, first: Role | None
) -> tuple[Passage, ...]:
    """The same where each mark, from its offset to where its message begins, opens a message."""
    return tuple(
        Passage(role=role, text=text[begin:end], segments=((0, begin),))
        for role, begin, end in _stretches(text, start, marks, first)
        if begin < end
    )


def _stretches(
    text: str, start: int, marks: Iterable[tuple[Role | None, int, int]], first: Role | None
) -> Iterator[tuple[Role | None, int, int]]:
    role, begin = first, start
    for opened, at, end in marks:
        yield (role, *_trimmed(text, begin, at))
        role, begin = opened, end
    yield (role, *_trimmed(text, begin, len(text)))


def role_lines(text: str, start: int, layout: Layout) -> Iterator[tuple[Role, int, int]]:
    """The role lines of the part of a text that begins at `start`, with their offsets."""
    at, line = start, 0
    for found in layout.roles:
        while line < found.index:
            at = text.index("\n", at) + 1
            line += 1
        after = text.find("\n", at)
        yield found.role, at, len(text) if after < 0 else after + 1


def _trimmed(text: str, begin: int, end: int) -> tuple[int, int]:
    blank = _BLANK_LINES.match(text, begin, end)
    begin = blank.end() if blank else begin
    return begin, begin + len(text[begin:end].rstrip(" \t\n"))
