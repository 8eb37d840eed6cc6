"""The findings as JSON; the contract is `schemas/lint.schema.json`.

Everything is ASCII: what an author wrote can neither move a terminal nor break a line of a log.
"""

import json
from typing import Final, TextIO

from agentops_cli import __version__
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.reporters.lint.pages import page_of
from agentops_cli.reporters.lint.report import Item, LintReport

SCHEMA: Final = 1
"""Raised when a key changes its meaning or goes away."""


def write(report: LintReport, out: TextIO) -> None:
    """Writes one object, each finding on a line of its own."""
    head: JsonObject = {
        "schema": SCHEMA,
        "toolVersion": __version__,
        "exitCode": int(report.code),
        "failOn": report.fail_on.word,
        "files": report.files,
        "rules": [rule.code for rule in report.rules],
        "missing": dict(report.missing),
        "notes": [*report.notes],
        "crashes": [*report.crashes],
        "statistics": [
            {
                "code": each.rule.code,
                "name": each.rule.name,
                "count": each.count,
                "fixable": each.fixable,
            }
            for each in report.statistics
        ],
    }
    parts = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    lists = {
        "findings": report.findings,
        "suppressed": report.suppressed,
        "known": report.known,
    }
    for name, items in lists.items():
        rows = ",\n    ".join(json.dumps(json_of(item)) for item in items)
        parts.append(f'"{name}": [\n    {rows}\n  ]' if items else f'"{name}": []')
    out.write("{\n  " + ",\n  ".join(parts) + "\n}\n")


def write_lines(report: LintReport, out: TextIO) -> None:
    """Writes one object for each finding that counts, each on a line of its own."""
    out.writelines(f"{json.dumps(json_of(item))}\n" for item in report.findings)


def json_of(item: Item) -> JsonObject:
    """A finding."""
    end_line, end_column = item.end or (None, None)
    edits: list[Json] = [
        {
            "line": edit.start[0],
            "column": edit.start[1],
            "endLine": edit.end[0],
            "endColumn": edit.end[1],
            "text": edit.text,
        }
        for edit in item.replacements
    ]
    return {
        "code": item.rule.code,
        "name": item.rule.name,
        "severity": item.severity.word,
        "message": item.message,
        "fix": item.fix,
        "path": item.path,
        "line": item.line,
        "column": item.column,
        "endLine": end_line,
        "endColumn": end_column,
        "fixable": item.safety,
        "edits": edits,
        "suppressed": item.suppressed,
        "fingerprint": item.fingerprint,
        "page": page_of(item.rule),
    }
