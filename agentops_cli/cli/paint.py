"""The findings of the linter in colours."""

from typing import Final

from rich.text import Text

from agentops_cli.cli.screen import console
from agentops_cli.reporters.lint.full import Style, lines
from agentops_cli.reporters.lint.report import LintReport

_STYLES: Final[dict[Style, str]] = {
    "": "default",
    "bold": "bold",
    "dim": "dim",
    "error": "red",
    "warning": "yellow",
    "info": "cyan",
}


def paint(report: LintReport) -> None:
    """Prints the findings on a terminal, in colours where it has them."""
    out = console()
    for line in lines(report):
        parts = [(piece.text, _STYLES[piece.style]) for piece in line]
        out.print(Text.assemble(*parts), soft_wrap=True)
