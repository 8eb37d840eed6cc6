"""Where the frontmatter of a prompt file ends and its body begins."""

import re
from dataclasses import dataclass
from typing import Final

from agentops_cli.errors import InputError
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location

_FENCE: Final = r"---[ \t]*(?:\n|\Z)"
_COMMENTS: Final = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*+")
_OPENING: Final = re.compile(_FENCE)
_CLOSING: Final = re.compile(rf"^{_FENCE}", re.MULTILINE)
# A rule at the top of a Markdown text opens no frontmatter: a key must follow it.
_OPENING_WITH_KEY: Final = re.compile(rf"{_FENCE}(?:[ \t]*(?:#[^\n]*)?\n)*+[A-Za-z_][\w.-]*:(?!\S)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A prompt file in two. Lines count from 1 in the file and end in a plain line feed.

    `frontmatter` is None where the file has none.
    """

    frontmatter: str | None
    frontmatter_line: int
    body: str
    body_line: int


def split_frontmatter(text: str, *, path: str, required: bool) -> Parts:
    """Splits a file at its `---` lines.

    A byte-order mark is dropped and line ends are made one kind. Where frontmatter is required,
    comments and blank lines may stand before it, as a licence often does; elsewhere it must begin
    on the first line, or the whole text is the body. Raises `InputError`.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    start = _end(_COMMENTS, text) if required else 0
    opening = (_OPENING if required else _OPENING_WITH_KEY).match(text, start)
    if opening is None:
        if required:
            raise InputError([_missing(text, path, start)])
        return Parts(frontmatter=None, frontmatter_line=1, body=text, body_line=1)
    inside = _end(_OPENING, text, start)
    closing = _CLOSING.search(text, inside)
    line = text.count("\n", 0, start) + 1
    if closing is None:
        raise InputError([_unterminated(path, line)])
    return Parts(
        frontmatter=text[inside : closing.start()],
        frontmatter_line=line + 1,
        body=text[closing.end() :],
        body_line=text.count("\n", 0, closing.start()) + 2,
    )


def _end(pattern: re.Pattern[str], text: str, start: int = 0) -> int:
    found = pattern.match(text, start)
    return found.end() if found else start


def _missing(text: str, path: str, start: int) -> Finding:
    return Finding(
        rule="missing-frontmatter",
        message="the file does not begin with frontmatter",
        location=Location(path=path, line=text.count("\n", 0, start) + 1, column=1),
        fix="put '---', 'version: 1.0.0', 'model: …' and '---' on the first lines",
    )


def _unterminated(path: str, line: int) -> Finding:
    return Finding(
        rule="unterminated-frontmatter",
        message="the frontmatter that begins here never ends",
        location=Location(path=path, line=line, column=1),
        fix="put a line '---' between the last key and the text of the prompt",
    )
