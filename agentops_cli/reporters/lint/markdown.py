"""GitHub-flavoured Markdown for the summary of a job or a comment; what is foreign stays text."""

import re
from collections.abc import Iterator
from typing import Final, TextIO

from agentops_cli.errors import ExitCode
from agentops_cli.reporters.lint.full import lines_of
from agentops_cli.reporters.lint.report import Item, LintReport
from agentops_cli.reporters.lint.words import clean_line, counts_of
from agentops_cli.reporters.markup import cell, code, table
from agentops_cli.reporters.painted import plain
from agentops_cli.reporters.wording import counted

_MOST: Final = 100
_MOST_LINES: Final = 20
_CHARACTERS: Final = 60_000
"""A comment on GitHub holds 65,536 characters."""


def write(report: LintReport, out: TextIO) -> None:
    """Writes the verdict, the findings, and the lines that the first of them are about."""
    out.writelines(_head(report))
    if not report.findings:
        return
    written = 0
    rows: list[str] = []
    heads = ("severity", "place", "rule", "what is wrong", "fix")
    for line in table(heads, map(_row, report.findings[:_MOST]), words=len(heads)):
        written += len(line)
        if written > _CHARACTERS // 2:
            break
        rows.append(line)
    out.write("\n")
    out.writelines(rows)
    more = len(report.findings) - (len(rows) - 2)
    if more > 0:
        out.write(f"\n… and {counted(more, 'more finding')}: see the other reports.\n")
    out.writelines(_excerpts(report))
    out.write("\n")
    rules = (
        [f"`{each.rule.code}`", each.rule.name, f"{each.count:,}", f"{each.fixable:,}"]
        for each in report.statistics
    )
    out.writelines(table(("rule", "name", "findings", "with a fix"), rules, words=2))


def _head(report: LintReport) -> Iterator[str]:
    verdict = {ExitCode.OK: "✅ pass", ExitCode.REJECTED: "❌ fail"}
    yield f"## Prompt lint: {verdict.get(report.code, '⚠️ no verdict')}\n\n"
    yield f"{counts_of(report) if report.findings else clean_line(report)}.\n"
    for crash in report.crashes:
        yield f"\nA bug of agentops: {code(crash)}\n"
    for part, reason in report.missing.items():
        yield f"\nRules that need {part} did not run: {code(reason)}\n"
    for note in report.notes:
        yield f"\n{code(note)}\n"


def _row(item: Item) -> tuple[str, ...]:
    return (
        item.severity.word,
        cell(f"{item.path}:{item.line}"),
        f"`{item.rule.code}` {item.rule.name}",
        cell(item.message),
        cell(item.fix) if item.fix else "",
    )


def _excerpts(report: LintReport) -> Iterator[str]:
    """The first findings as on a terminal, in a fence that nothing in them can end."""
    shown = [each for each in report.findings if each.excerpt][:_MOST_LINES]
    lines: list[str] = []
    for item in shown:
        lines += map(plain, lines_of(item))
        lines.append("")
    text = "\n".join(lines).rstrip()
    if not text or len(text) > _CHARACTERS // 3:
        return
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    of = f"the first {len(shown)}" if len(shown) < len(report.findings) else "all"
    yield f"\n<details><summary>Lines ({of})</summary>\n\n"
    yield f"{fence}text\n{text}\n{fence}\n\n</details>\n"
