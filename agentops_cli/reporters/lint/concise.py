"""One line for each finding, as editors and `grep` like it."""

from typing import TextIO

from agentops_cli.reporters.lint.report import Item, LintReport
from agentops_cli.reporters.wording import flat


def write(report: LintReport, out: TextIO) -> None:
    """Writes the findings."""
    out.writelines(f"{line_of(each)}\n" for each in report.findings)


def line_of(item: Item) -> str:
    """`path:line:column  severity  message  [CODE]`."""
    return flat(f"{item.place}  {item.severity.word}  {item.message}  [{item.rule.code}]")
