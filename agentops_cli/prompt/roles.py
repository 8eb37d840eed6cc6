"""Role lines: where the body of a prompt changes speaker.

A role line is `system:`, `user:`, `assistant:` or `tool:` in any case, alone on its line, from the
first column, with optional `#`s before it (Prompty's form). It is one only where Markdown and
Jinja leave it alone: not in a code fence, a comment, `{% raw %}`, or a tag of several lines. Text
before the first role line is the system message.

Which lines these are is decided from the source, before any variable is put in. Nothing that a
case supplies can therefore open a message.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, get_args

from agentops_cli.model.prompt import Message, Role

ROLES: Final[tuple[Role, ...]] = get_args(Role)

MARK_NAME: Final = "_role_mark"
"""The variable that marks a role line while a template renders; its value is never shown."""

_SIGN_OF_ROLE: Final = {role: str(number) for number, role in enumerate(ROLES)}
_ROLE_OF_SIGN: Final = {sign: role for role, sign in _SIGN_OF_ROLE.items()}

_ROLE = re.compile(rf"(?:#+[ \t]*)?({'|'.join(ROLES)}):[ \t\r]*", re.IGNORECASE)

_LAST_COLON = re.compile(r":[ \t\r]*$", re.MULTILINE)

_FENCE = re.compile(r" {0,3}((?P<mark>[`~])(?P=mark){2,})(.*)")

# Every alternative also ends at the end of the text: an unclosed tag must not make the search
# quadratic. Inside a tag, quoted text may hold what would otherwise end it.
_QUOTED = r""" "(?:[^"\\]|\\.)*+(?:"|\\?\Z) | '(?:[^'\\]|\\.)*+(?:'|\\?\Z) """
_JINJA = re.compile(
    rf"""
    \{{ (?:
      \#  .*?  (?: \#\}} | \Z )
    | %[-+]?\s*raw\s*[-+]?%\}}  .*?  (?: \{{%[-+]?\s*endraw\s*[-+]?%\}} | \Z )
    | %    (?> {_QUOTED} | (?!%\}}). )*+   (?: %\}} | \Z )
    | \{{  (?> {_QUOTED} | (?!\}}\}}). )*+ (?: \}}\}} | \Z )
    )
    """,
    re.DOTALL | re.VERBOSE,
)

_BLANK_LINES = re.compile(r"(?:[ \t\r]*+\n)*+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleLine:
    """A line that opens a message; `index` counts the lines of the source from 0."""

    index: int
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The role lines of a source, in order.

    `unclosed_fence` is the index of the line on which a code fence opens that is never closed
    although a role line follows; that role line is then only text.
    """

    roles: tuple[RoleLine, ...]
    unclosed_fence: int | None = None


class LostMarkError(Exception):
    """A step of the template changed the mark of a role line."""


def layout_of(source: str) -> Layout:
    """Finds the role lines of a template source. Never fails, and takes linear time."""
    found = tuple(_role_lines(source))
    if not found:
        return Layout(roles=())
    # Blanking keeps every character in its place.
    plain = without_jinja(source) if "{" in source else source
    roles = tuple(role for role, start, end in found if plain[start:end] == source[start:end])
    if "```" not in plain and "~~~" not in plain:
        return Layout(roles=roles)
    return _outside_fences(plain, {role.index: role for role in roles})


def _role_lines(source: str) -> Iterator[tuple[RoleLine, int, int]]:
    """The lines that look like role lines, and where each is; few others end in a colon."""
    index = at = 0
    for colon in _LAST_COLON.finditer(source):
        start = source.rfind("\n", at, colon.start()) + 1 or at
        found = _ROLE.fullmatch(source, start, colon.end())
        if found:
            index += source.count("\n", at, start)
            at = start
            yield RoleLine(index=index, role=_role(found[1])), start, colon.end()


def _outside_fences(source: str, candidates: Mapping[int, RoleLine]) -> Layout:
    roles: list[RoleLine] = []
    fence: str | None = None
    opened = 0
    swallowed = False
    for index, line in enumerate(source.split("\n")):
        if fence is None:
            fence, opened, swallowed = _opening(line), index, False
        elif _closes(line, fence):
            fence = None
        role = candidates.get(index)
        if role and fence is None:
            roles.append(role)
        swallowed = swallowed or role is not None
    lost = fence is not None and swallowed
    return Layout(roles=tuple(roles), unclosed_fence=opened if lost else None)


def mark_roles(source: str) -> str:
    """The source with each role line replaced by a tag that writes the mark and the role.

    The number of lines stays the same. White space control beside the line (`-%}`) may pull the
    mark into another line; that does no harm.
    """
    lines = source.split("\n")
    for found in layout_of(source).roles:
        lines[found.index] = mark_of(found.role)
    return "\n".join(lines)


def mark_of(role: Role) -> str:
    """The tag that opens a message in a marked source."""
    return f"{{{{ {MARK_NAME} }}}}{_SIGN_OF_ROLE[role]}"


def split_messages(rendered: str, *, mark: str) -> tuple[Message, ...]:
    """The messages of a text that was rendered from a marked source.

    Of each message the blank lines before its text, and all white space after it, are taken away;
    its first line keeps its indent. A message without text is left out. Raises `LostMarkError`.
    """
    head, *blocks = rendered.split(mark)
    parts: list[tuple[Role, str]] = [("system", head)]
    for block in blocks:
        role = _ROLE_OF_SIGN.get(block[:1])
        if role is None:
            raise LostMarkError
        parts.append((role, block[1:]))
    messages = (Message(role=role, content=_trimmed(text)) for role, text in parts)
    return tuple(message for message in messages if message.content)


def line_of_name(source: str, name: str) -> int | None:
    """The line, from 1, of the first tag that has a name in it; None when there is none."""
    word = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)")
    for tag in _JINJA.finditer(source):
        found = word.search(tag[0])
        if found and not tag[0].startswith("{#"):
            return source.count("\n", 0, tag.start() + found.start()) + 1
    return None


def comments_of(source: str) -> Iterator[tuple[int, int]]:
    """Where each comment of a template begins and ends; text that looks like one is none."""
    return (tag.span() for tag in _JINJA.finditer(source) if tag[0].startswith("{#"))


def tags_of(source: str) -> Iterator[tuple[int, str]]:
    """Each tag, comment and raw block of a template, with the offset where it begins."""
    return ((tag.start(), tag[0]) for tag in _JINJA.finditer(source))


def without_jinja(source: str) -> str:
    """The source with every tag, comment and raw block blanked out, line breaks apart."""
    return _JINJA.sub(_blank, source)


def _blank(tag: re.Match[str]) -> str:
    return "\n".join("\0" * len(line) for line in tag[0].split("\n"))


def _opening(line: str) -> str | None:
    """The run of marks with which a line opens a code fence (CommonMark 0.31, section 4.5)."""
    found = _FENCE.match(line)
    if found is None or (found["mark"] == "`" and "`" in found[3]):
        return None
    return found[1]


def _closes(line: str, fence: str) -> bool:
    found = _FENCE.match(line)
    return found is not None and found[1].startswith(fence) and not found[3].strip()


def _role(word: str) -> Role:
    return next(role for role in ROLES if role == word.lower())


def _trimmed(text: str) -> str:
    blank = _BLANK_LINES.match(text)
    return text[blank.end() if blank else 0 :].rstrip(" \t\r\n")
