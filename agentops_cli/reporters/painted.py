"""Lines of a report for a terminal, in parts that look the same all over."""

from typing import Literal, NamedTuple, TypeAlias

Style = Literal[
    "",
    "bold",
    "dim",
    "error",
    "warning",
    "info",
    "good",
    "removed",
    "added",
    "moved",
    "word-removed",
    "word-added",
]


class Part(NamedTuple):
    """A part of a line that looks the same all over."""

    text: str
    style: Style = ""


Parts: TypeAlias = tuple[Part, ...]
"""A whole line, without its end."""


def plain(line: Parts) -> str:
    """The line without its colours."""
    return "".join(part.text for part in line)
