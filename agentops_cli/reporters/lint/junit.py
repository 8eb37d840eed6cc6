"""JUnit XML, the xunit2 flavour that CI servers read.

One `testsuite` for each file, one `testcase` for each of its findings: those that are as bad as
`--fail-on` are failures, of the others the output tells. The verdict is a testcase of its own, so
that a clean run is not an empty report, and one without a verdict not a green one.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import TextIO

from agentops_cli.errors import ExitCode
from agentops_cli.reporters.lint.report import Item, LintReport
from agentops_cli.reporters.wording import counted, flat
from agentops_cli.reporters.xml import XmlWriter


def write(report: LintReport, out: TextIO) -> None:
    """Writes the report."""
    failures = sum(each.severity >= report.fail_on for each in report.findings)
    errors = int(report.code is not ExitCode.OK and bool(report.crashes))
    refused = int(report.code is ExitCode.REJECTED and not failures)
    xml = XmlWriter(out)
    with xml.element(
        "testsuites",
        name="agentops prompt lint",
        tests=len(report.findings) + 1,
        failures=failures + refused,
        errors=errors,
    ):
        for path, items in groupby(report.findings, key=lambda item: item.path):
            _write_file(xml, path, [*items], report)
        _write_verdict(xml, report, refused=refused, errors=errors)


def _write_file(xml: XmlWriter, path: str, items: Sequence[Item], report: LintReport) -> None:
    failures = sum(each.severity >= report.fail_on for each in items)
    # Some servers keep one result for each name, so of two of the same name one would be lost.
    names: Counter[str] = Counter()
    with xml.element(
        "testsuite", name=path, tests=len(items), failures=failures, errors=0, skipped=0, file=path
    ):
        for item in items:
            name = f"{item.rule.code} {item.rule.name} at {item.line}:{item.column}"
            names[name] += 1
            if names[name] > 1:
                name = f"{name} ({names[name]})"
            with xml.element(
                "testcase", classname=path, name=name, time="0.000", file=path, line=item.line
            ):
                message = flat(item.message)
                fix = f"\nfix: {flat(item.fix)}" if item.fix else ""
                text = _harmless(f"{flat(item.place)}: {message}{fix}")
                if item.severity >= report.fail_on:
                    xml.leaf("failure", text, type=item.severity.word, message=_harmless(message))
                else:
                    xml.leaf("system-out", f"{item.severity.word}: {text}")


def _write_verdict(xml: XmlWriter, report: LintReport, *, refused: int, errors: int) -> None:
    counts = {"tests": 1, "failures": refused, "errors": errors, "skipped": 0}
    with (
        xml.element("testsuite", name="agentops prompt lint", **counts),
        xml.element("testcase", classname="agentops", name="prompt lint", time="0.000"),
    ):
        found = counted(len(report.findings), "finding") if report.findings else "nothing found"
        told = f"{counted(report.files, 'file')}, {counted(len(report.rules), 'rule')}: {found}"
        if errors:
            text = _harmless("\n".join(map(flat, report.crashes)))
            xml.leaf("error", text, type="internal", message=report.code.meaning)
        elif refused:
            xml.leaf("failure", told, type="rejected", message="too many warnings")
        xml.leaf("system-out", told)


def _harmless(text: str) -> str:
    """The text without what GitLab and Jenkins obey in the output of a test."""
    return text.replace("[[", "[ [")
