"""Each finding with the line that it is about, what to do, and where to read more."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TextIO, TypeAlias

from agentops_cli.reporters.lint.report import Item, LintReport
from agentops_cli.reporters.wording import flat, unheeded

Style = Literal["", "bold", "dim", "error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line that looks the same all over."""

    text: str
    style: Style = ""


Line: TypeAlias = tuple[Piece, ...]


def write(report: LintReport, out: TextIO) -> None:
    """Writes the findings without colours."""
    out.writelines(f"{''.join(piece.text for piece in line)}\n" for line in lines(report))


def lines(report: LintReport) -> Iterator[Line]:
    """The findings line by line, with an empty line after each."""
    explained: set[str] = set()
    for item in report.findings:
        yield from lines_of(item)
        if item.rule.code not in explained:  # Once is enough.
            explained.add(item.rule.code)
            yield Piece("  = ", "dim"), Piece(f"more: agentops explain {item.rule.code}")
        yield ()


def lines_of(item: Item) -> Iterator[Line]:
    """A finding with its line and its fix."""
    word = item.severity.word
    style: Style = "error" if word == "error" else "warning" if word == "warning" else "info"
    yield (
        Piece(f"{flat(item.place)}  ", "bold"),
        Piece(word, style),
        Piece(f"  {flat(item.message)}  "),
        Piece(f"[{item.rule.code}]", "dim"),
    )
    shown = item.excerpt
    if shown and shown.text.strip():
        number = str(shown.line)
        margin = " " * len(number)
        more = " …" if shown.is_longer else ""
        yield Piece(f"{number} | ", "dim"), Piece(unheeded(shown.text))
        yield Piece(f"{margin} | ", "dim"), Piece(f"{shown.carets}{more}", style)
    if item.fix:
        can = {"safe": " (--fix does it)", "unsafe": " (--fix --unsafe-fixes does it)"}
        yield Piece("  = ", "dim"), Piece(f"fix: {flat(item.fix)}{can.get(item.safety or '', '')}")
