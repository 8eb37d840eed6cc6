"""GitLab's code quality report: a list of what merge requests show beside the diff."""

import json
from typing import Final, TextIO

from agentops_cli.model.finding import Severity
from agentops_cli.model.json import JsonObject
from agentops_cli.reporters.lint.report import Item, LintReport
from agentops_cli.reporters.wording import flat

_SEVERITIES: Final = {
    Severity.ERROR: "major",
    Severity.WARNING: "minor",
    Severity.INFO: "info",
}

_CRITICAL: Final = 7.0
"""The score from which CVSS calls a flaw high."""


def write(report: LintReport, out: TextIO) -> None:
    """Writes the list, one finding a line."""
    rows = ",\n  ".join(json.dumps(_json_of(each)) for each in report.findings)
    out.write(f"[\n  {rows}\n]\n" if rows else "[]\n")


def _json_of(item: Item) -> JsonObject:
    severity = _SEVERITIES[item.severity]
    if item.severity is Severity.ERROR and (item.rule.security or 0) >= _CRITICAL:
        severity = "critical"
    fix = f" (fix: {item.fix})" if item.fix else ""
    return {
        "description": flat(f"{item.message}{fix}"),
        "check_name": f"{item.rule.code} {item.rule.name}",
        "fingerprint": item.fingerprint,
        "severity": severity,
        "location": {
            "path": item.path,
            "lines": {"begin": item.line, "end": max(item.line, (item.end or (0, 0))[0])},
        },
    }
