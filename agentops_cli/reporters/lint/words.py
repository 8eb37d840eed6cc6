"""What a run of the linter comes to, in a line."""

from collections.abc import Iterator

from agentops_cli.model.finding import Severity
from agentops_cli.reporters.lint.report import LintReport
from agentops_cli.reporters.wording import counted

_NOUNS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def clean_line(report: LintReport) -> str:
    """That nothing was found, by how many rules in how many files."""
    return f"{counted(report.files, 'file')}, {counted(len(report.rules), 'rule')}: nothing found"


def counts_of(report: LintReport) -> str:
    """How much was found, the worst first: `3 files, 98 rules: 1 error, 2 warnings`."""
    counts = ", ".join(
        counted(number, noun)
        for severity, noun in _NOUNS.items()
        if (number := sum(each.severity is severity for each in report.findings))
    )
    return f"{counted(report.files, 'file')}, {counted(len(report.rules), 'rule')}: {counts}"


def statistics_lines(report: LintReport) -> Iterator[str]:
    """How often each rule spoke and knew a fix, the loudest first."""
    counts = report.statistics
    size = max((len(f"{each.count:,}") for each in counts), default=1)
    for each in counts:
        fixable = f"{each.fixable:,} fixable" if each.fixable else ""
        yield f"{each.count:>{size},}  {each.rule.code}  {each.rule.name:<32}{fixable}".rstrip()
