import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from agentops_cli.errors import ExitCode
from agentops_cli.reporters.lint.report import LintReport
from agentops_cli.rules.table import RULES
from tests.reporters.lint.made import PATH, a_finding, a_hostile_report, a_report, written

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "data" / "sarif" / "sarif-2.1.0.json").read_text(encoding="utf-8")
)
OASIS = Draft202012Validator(SCHEMA, format_checker=FormatChecker())


def _run(report: LintReport) -> Any:
    """The one run of the log, once it is known to be valid."""
    log = json.loads(written("sarif", report))
    OASIS.validate(log)
    [run] = log["runs"]
    return run


@pytest.mark.parametrize("code", [rule.code for rule in RULES])
def test_every_rule_makes_a_valid_log(code: str) -> None:
    text = "one\n"
    run = _run(a_report(text, a_finding(text, "one", code=code, mended="1")))
    [rule] = run["tool"]["driver"]["rules"]
    [result] = run["results"]
    assert rule["id"] == result["ruleId"] == code
    assert rule["help"]["text"]
    assert rule["helpUri"].startswith("urn:agentops:docs/reference/rules/")
    assert ("security-severity" in rule["properties"]) is code.startswith("PS")


def test_a_hostile_run_is_a_valid_log() -> None:
    report = a_hostile_report()
    run = _run(report)
    path = report.findings[0].path.encode("utf-8", "surrogateescape")
    for result in run["results"]:
        [location] = result["locations"]
        artifact = location["physicalLocation"]["artifactLocation"]
        assert artifact["uriBaseId"] == "%SRCROOT%"
        assert artifact["uri"].startswith("prompts/%1B%5B31m")
        assert unquote_to_bytes(artifact["uri"]) == path


def test_results_know_their_rule_by_its_place() -> None:
    text = "one\n"
    found = [a_finding(text, "one", code=code) for code in ("PS007", "PF010", "PS007")]
    run = _run(a_report(text, *found))
    rules = run["tool"]["driver"]["rules"]
    assert [rules[each["ruleIndex"]]["id"] for each in run["results"]] == [
        "PS007",
        "PF010",
        "PS007",
    ]
    assert len(rules) == 2


def test_what_is_left_alone_is_kept_and_says_so() -> None:
    text = "one\ntwo\nthree\n"
    run = _run(
        a_report(
            text,
            a_finding(text, "one"),
            suppressed=(a_finding(text, "two"),),
            known=(a_finding(text, "three"),),
        )
    )
    kinds = [[each["kind"] for each in result["suppressions"]] for result in run["results"]]
    assert kinds == [[], ["inSource"], ["external"]]


def test_a_fix_replaces_what_it_replaces() -> None:
    text = "one\ntwo two\n"
    [result] = _run(a_report(text, a_finding(text, "two ", mended="2")))["results"]
    [fix] = result["fixes"]
    [change] = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == PATH
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 5},
            "insertedContent": {"text": "2"},
        }
    ]


def test_a_run_that_failed_says_so() -> None:
    [invocation] = _run(a_hostile_report())["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == ExitCode.INTERNAL
    levels = [each["level"] for each in invocation["toolExecutionNotifications"]]
    assert levels == ["error", "warning", "note"]
    [invocation] = _run(a_report(code=ExitCode.OK))["invocations"]
    assert invocation["executionSuccessful"] is True
