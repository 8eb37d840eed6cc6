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
# What may be frontmatter where no line says that it ends: keys, what is indented below, comments.
_UNCLOSED: Final = re.compile(r"(?:(?:[A-Za-z_][\w.-]*:(?!\S)|[ \t]+\S|-[ \t]|#)[^\n]*(?:\n|\Z))*+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A prompt file in two. Lines count from 1 in the file and end in a plain line feed.

    `frontmatter` is None where the file has none. `start` and `body_start` are where the two parts
    begin. Where there is a `problem` the parts are the likeliest guess.
    """

    frontmatter: str | None
    frontmatter_line: int
    body: str
    body_line: int
    start: int = 0
    body_start: int = 0
    problem: Finding | None = None


def split_frontmatter(text: str, *, path: str, required: bool) -> Parts:
    """Splits a file at its `---` lines.

    A byte-order mark is dropped and line ends are made one kind. Where frontmatter is required,
    comments and blank lines may stand before it, as a licence often does; elsewhere it must begin
    on the first line, or the whole text is the body. Raises `InputError`.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    parts = find_frontmatter(text, path=path, required=required)
    if parts.problem:
        raise InputError([parts.problem])
    return parts


def find_frontmatter(text: str, *, path: str, required: bool) -> Parts:
    """The same of a text whose line ends are line feeds already; what is wrong is told in it."""
    start = _end(_COMMENTS, text) if required else 0
    opening = (_OPENING if required else _OPENING_WITH_KEY).match(text, start)
    if opening is None:
        problem = _missing(text, path, start) if required else None
        return Parts(frontmatter=None, frontmatter_line=1, body=text, body_line=1, problem=problem)
    inside = _end(_OPENING, text, start)
    line = text.count("\n", 0, inside) + 1
    closing = _CLOSING.search(text, inside)
    end, body = closing.span() if closing else (_end(_UNCLOSED, text, inside),) * 2
    return Parts(
        frontmatter=text[inside:end],
        frontmatter_line=line,
        body=text[body:],
        body_line=line + text.count("\n", inside, end) + (closing is not None),
        start=inside,
        body_start=body,
        problem=None if closing else _unterminated(text, path, start),
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


def _unterminated(text: str, path: str, start: int) -> Finding:
    return Finding(
        rule="unterminated-frontmatter",
        message="the frontmatter that begins here never ends",
        location=Location(path=path, line=text.count("\n", 0, start) + 1, column=1),
        fix="put a line '---' between the last key and the text of the prompt",
    )
