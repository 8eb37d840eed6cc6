"""The lines of a report in colours."""

from collections.abc import Iterable
from typing import Final

from rich.text import Text

from agentops_cli.cli.screen import console
from agentops_cli.reporters.painted import Parts, Style

_STYLES: Final[dict[Style, str]] = {
    "": "default",
    "bold": "bold",
    "dim": "dim",
    "error": "red",
    "warning": "yellow",
    "info": "cyan",
    "good": "green",
    "removed": "red",
    "added": "green",
    "moved": "magenta",
    "word-removed": "bold reverse red",
    "word-added": "bold reverse green",
}


def paint(lines: Iterable[Parts]) -> None:
    """Prints lines on a terminal, in colours where it has them."""
    out = console()
    for line in lines:
        parts = [(part.text, _STYLES[part.style]) for part in line]
        out.print(Text.assemble(*parts), soft_wrap=True)
