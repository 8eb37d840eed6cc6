import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from agentops_cli.errors import ExitCode
from agentops_cli.validate import schema
from tests.reporters.lint.made import a_finding, a_hostile_report, a_report, written

REPORTS = {
    "clean": a_report(code=ExitCode.OK),
    "hostile": a_hostile_report(),
    "with a fix": a_report("one", a_finding("one", "one", mended="1")),
}


@pytest.mark.parametrize("name", REPORTS)
def test_it_is_as_the_schema_says(name: str) -> None:
    whole = schema("lint")
    Draft202012Validator.check_schema(whole)
    data = json.loads(written("json", REPORTS[name]))
    Draft202012Validator(whole).validate(data)
    finding: Any = {"$ref": "#/$defs/finding", "$defs": whole["$defs"]}
    for line in written("json-lines", REPORTS[name]).splitlines():
        Draft202012Validator(finding).validate(json.loads(line))


@pytest.mark.parametrize("output", ["json", "json-lines", "gitlab", "sarif"])
def test_it_is_ascii(output: str) -> None:
    assert written(output, a_hostile_report()).isascii()


def test_the_lines_are_the_findings_that_count() -> None:
    report = a_hostile_report()
    lines = [json.loads(line) for line in written("json-lines", report).splitlines()]
    assert lines == json.loads(written("json", report))["findings"]
    assert len(lines) == 3


def test_an_edit_makes_what_the_fix_makes() -> None:
    text = "one\ntwo two\n"
    [found] = json.loads(written("json", a_report(text, a_finding(text, "two ", mended="2"))))[
        "findings"
    ]
    assert found["edits"] == [{"line": 2, "column": 1, "endLine": 2, "endColumn": 5, "text": "2"}]
    assert found["fixable"] == "safe"
