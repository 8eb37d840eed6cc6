"""SARIF 2.1.0, as code scanning and editors read it.

A result is the same one as long as its rule, its file and the words of its line are, so its
fingerprint holds no line number. What was left alone or is known to the baseline is there as a
suppressed result, so that nobody takes it for mended.
"""

import json
from collections.abc import Iterator
from typing import Final, TextIO
from urllib.parse import quote

from agentops_cli import __version__
from agentops_cli.model.finding import Severity
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.reporters.lint.pages import page_of, text_of
from agentops_cli.reporters.lint.report import Item, LintReport
from agentops_cli.reporters.wording import visible
from agentops_cli.rules.rule import Rule

_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_GITHUB: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "recommendation",
}


def write(report: LintReport, out: TextIO) -> None:
    """Writes one run."""
    items = [
        *((each, None) for each in report.findings),
        *((each, _in_source(each)) for each in report.suppressed),
        *((each, _IN_BASELINE) for each in report.known),
    ]
    rules = sorted({each.rule.code: each.rule for each, _ in items}.items())
    index = {code: at for at, (code, _) in enumerate(rules)}
    results: list[Json] = [
        _result(item, index[item.rule.code], suppression) for item, suppression in items
    ]
    run: JsonObject = {
        "tool": {
            "driver": {
                "name": "agentops",
                "semanticVersion": __version__,
                "rules": [_rule(rule) for _, rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "the root of the sources"}}},
        "invocations": [
            {
                "executionSuccessful": not report.crashes,
                "exitCode": int(report.code),
                "toolExecutionNotifications": [*_notifications(report)],
            }
        ],
        "results": results,
    }
    log: JsonObject = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    json.dump(log, out, indent=1)
    out.write("\n")


_IN_BASELINE: Final[JsonObject] = {
    "kind": "external",
    "status": "accepted",
    "justification": "in the baseline",
}


def _in_source(item: Item) -> JsonObject:
    suppression: JsonObject = {"kind": "inSource", "status": "accepted"}
    return {**suppression, "justification": item.suppressed} if item.suppressed else suppression


def _rule(rule: Rule) -> JsonObject:
    properties: JsonObject = {
        "tags": ["prompts", *(["security"] if rule.security is not None else [])],
        "problem.severity": _GITHUB[rule.severity],
    }
    if rule.security is not None:
        properties["security-severity"] = f"{rule.security:.1f}"
    text = text_of(rule)
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": f"{rule.summary[:1].upper()}{rule.summary[1:]}."},
        "fullDescription": {"text": text.partition("\n\n")[0].replace("\n", " ")},
        "help": {"text": text, "markdown": text},
        # The schema wants an absolute URI.
        "helpUri": f"urn:agentops:{page_of(rule)}",
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": properties,
    }


def _result(item: Item, index: int, suppression: JsonObject | None) -> JsonObject:
    region: JsonObject = {"startLine": item.line, "startColumn": item.column}
    if item.end and item.end > (item.line, item.column):
        region["endLine"], region["endColumn"] = item.end
    if item.excerpt:
        region["snippet"] = {"text": item.excerpt.text}
    result: JsonObject = {
        "ruleId": item.rule.code,
        "ruleIndex": index,
        "level": _LEVELS[item.severity],
        "message": {"text": _message(item)},
        "locations": [
            {"physicalLocation": {"artifactLocation": _artifact(item), "region": region}}
        ],
        "partialFingerprints": {"ruleAndLine/v1": item.fingerprint},
    }
    if item.replacements:
        result["fixes"] = [_fix(item)]
    # Where one result has suppressions, all have to say theirs.
    result["suppressions"] = [suppression] if suppression else []
    return result


def _fix(item: Item) -> JsonObject:
    replacements: list[Json] = [
        {
            "deletedRegion": {
                "startLine": edit.start[0],
                "startColumn": edit.start[1],
                "endLine": edit.end[0],
                "endColumn": edit.end[1],
            },
            "insertedContent": {"text": edit.text},
        }
        for edit in item.replacements
    ]
    return {
        "description": {"text": visible(_sentence(item.fix))},
        "artifactChanges": [{"artifactLocation": _artifact(item), "replacements": replacements}],
    }


def _artifact(item: Item) -> JsonObject:
    path = item.path.encode("utf-8", "surrogateescape")
    return {"uri": quote(path, safe="/"), "uriBaseId": "%SRCROOT%"}


def _message(item: Item) -> str:
    fix = f"\nTo fix it: {item.fix}." if item.fix else ""
    return visible(f"{_sentence(item.message)}{fix}")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _notifications(report: LintReport) -> Iterator[JsonObject]:
    for crash in report.crashes:
        yield {"level": "error", "message": {"text": visible(crash)}}
    for part, reason in report.missing.items():
        text = f"Rules that need {part} did not run: {reason}."
        yield {"level": "warning", "message": {"text": visible(text)}}
    for note in report.notes:
        yield {"level": "note", "message": {"text": visible(_sentence(note))}}
