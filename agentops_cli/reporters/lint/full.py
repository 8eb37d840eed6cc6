"""Each finding with the line that it is about, what to do, and where to read more."""

from collections.abc import Iterator
from typing import TextIO

from agentops_cli.reporters.lint.report import Item, LintReport
from agentops_cli.reporters.painted import Part, Parts, Style, plain
from agentops_cli.reporters.wording import flat, unheeded


def write(report: LintReport, out: TextIO) -> None:
    """Writes the findings without colours."""
    out.writelines(f"{plain(line)}\n" for line in lines(report))


def lines(report: LintReport) -> Iterator[Parts]:
    """The findings line by line, with an empty line after each."""
    explained: set[str] = set()
    for item in report.findings:
        yield from lines_of(item)
        if item.rule.code not in explained:  # Once is enough.
            explained.add(item.rule.code)
            yield Part("  = ", "dim"), Part(f"more: agentops explain {item.rule.code}")
        yield ()


def lines_of(item: Item) -> Iterator[Parts]:
    """A finding with its line and its fix."""
    word = item.severity.word
    style: Style = "error" if word == "error" else "warning" if word == "warning" else "info"
    yield (
        Part(f"{flat(item.place)}  ", "bold"),
        Part(word, style),
        Part(f"  {flat(item.message)}  "),
        Part(f"[{item.rule.code}]", "dim"),
    )
    shown = item.excerpt
    if shown and shown.text.strip():
        number = str(shown.line)
        margin = " " * len(number)
        more = " …" if shown.is_longer else ""
        yield Part(f"{number} | ", "dim"), Part(unheeded(shown.text))
        yield Part(f"{margin} | ", "dim"), Part(f"{shown.carets}{more}", style)
    if item.fix:
        can = {"safe": " (--fix does it)", "unsafe": " (--fix --unsafe-fixes does it)"}
        yield Part("  = ", "dim"), Part(f"fix: {flat(item.fix)}{can.get(item.safety or '', '')}")
