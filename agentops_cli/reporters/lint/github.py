"""Commands that GitHub Actions makes annotations of.

Columns are told only where a finding ends in the line where it begins, as GitHub wants it.
"""

from typing import Final, TextIO

from agentops_cli.model.finding import Severity
from agentops_cli.reporters.actions import command
from agentops_cli.reporters.lint.report import Item, LintReport
from agentops_cli.reporters.wording import flat

_COMMANDS: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
}


def write(report: LintReport, out: TextIO) -> None:
    """Writes a command for each finding, and for each bug of ours."""
    out.writelines(f"{_command(each)}\n" for each in report.findings)
    about_us = {"title": "agentops"}
    out.writelines(f"{command('error', about_us, flat(each))}\n" for each in report.crashes)


def _command(item: Item) -> str:
    where = {"file": item.path, "line": item.line, "col": item.column}
    if item.end:
        end_line, end_column = item.end
        where["endLine"] = end_line
        if end_line != item.line:
            del where["col"]
        elif end_column > item.column:
            where["endColumn"] = end_column
    where["title"] = f"{item.rule.code} {item.rule.name}"
    fix = f"\nfix: {flat(item.fix)}" if item.fix else ""
    return command(_COMMANDS[item.severity], where, f"{flat(item.message)}{fix}")
