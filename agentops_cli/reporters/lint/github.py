"""Commands that GitHub Actions makes annotations of.

The form is that of `@actions/core`: a message escapes `%` and line ends, a property `:` and `,`
too. Columns are told only where a finding ends in the line where it begins, as GitHub wants it.
"""

from typing import Final, TextIO

from agentops_cli.model.finding import Severity
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
    out.writelines(f"::error title=agentops::{_escaped(flat(each))}\n" for each in report.crashes)


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
    properties = ",".join(
        f"{key}={_escaped(flat(str(value)), also=':,')}" for key, value in where.items()
    )
    message = _escaped(flat(item.message))
    fix = f"%0Afix: {_escaped(flat(item.fix))}" if item.fix else ""
    return f"::{_COMMANDS[item.severity]} {properties}::{message}{fix}"


def _escaped(text: str, *, also: str = "") -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    for each in also:
        text = text.replace(each, f"%{ord(each):02X}")
    return text
