"""Patterns of paths, and which paths they match."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_MAGIC = re.compile(r"[*?[]")


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern: `*` and `?` stay within a name, `**` is any number of folders.

    A hidden name is matched only where the pattern writes its dot. `folder` is what stands before
    the first mark, "" where that is nothing; `depth` is how many folders below it may lead to a
    match, None for any number.
    """

    folder: str
    matches: re.Pattern[str]
    depth: int | None

    @classmethod
    def of(cls, pattern: str) -> "Glob":
        """Reads a pattern; every text is one."""
        parts = [part for part in pattern.split("/") if part not in {"", "."}]
        literal = next((at for at, part in enumerate(parts) if is_glob(part)), len(parts) - 1)
        start = "/" if pattern.startswith("/") else ""
        return cls(
            folder=start + "/".join(parts[: max(literal, 0)]),
            matches=re.compile(re.escape(start) + _regex(parts), re.DOTALL),
            depth=None if "**" in parts else max(len(parts) - literal - 1, 0),
        )


def is_glob(path: str) -> bool:
    """Whether a text has any mark of a pattern."""
    return _MAGIC.search(path) is not None


def _regex(parts: Sequence[str]) -> str:
    found = []
    for at, part in enumerate(parts):
        is_last = at == len(parts) - 1
        if part == "**":
            # At the end it means every file below; elsewhere it may be no folder at all.
            found.append(r"(?:[^/.][^/]*/)*" + (r"[^/.][^/]*" if is_last else ""))
        else:
            found.append(_name(part) + ("" if is_last else "/"))
    return "".join(found)


def _name(part: str) -> str:
    """The expression of one name: what it begins with decides whether it may be hidden."""
    hidden = "" if part[:1] not in {"*", "?", "["} else r"(?!\.)"
    out = []
    at = 0
    while at < len(part):
        mark = part[at]
        close = part.find("]", at + 2) if mark == "[" else -1
        if mark == "*":
            out.append("[^/]*")
        elif mark == "?":
            out.append("[^/]")
        elif close > 0:
            out.append(_one_of(part[at + 1 : close]))
            at = close
        else:
            out.append(re.escape(mark))
        at += 1
    return hidden + "".join(out)


def _one_of(marks: str) -> str:
    """The expression of `[…]`; a range that runs backwards matches nothing, as in a shell."""
    inverted = marks[0] in "!^"
    marks = (marks[1:] or marks) if inverted else marks
    inside = marks.replace("\\", r"\\").replace("[", r"\[").replace("^", r"\^")
    # A range may span the `/`, which no mark of a name matches.
    expression = f"(?!/)[^{inside}]" if inverted else f"(?!/)[{inside}]"
    try:
        re.compile(expression)
    except re.error:
        return "(?!)"
    return expression
