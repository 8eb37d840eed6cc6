import json

from agentops_cli.model.finding import Severity
from tests.reporters.lint.made import PATH, a_finding, a_hostile_report, a_report, written


def test_each_finding_is_an_issue_with_a_fingerprint_of_its_own() -> None:
    issues = json.loads(written("gitlab", a_hostile_report()))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == 3
    assert {issue["severity"] for issue in issues} == {"info", "minor", "major"}
    for issue in issues:
        assert {*issue} == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["location"]["lines"]["begin"] == 1


def test_an_open_door_is_critical() -> None:
    text = "one\n"
    found = (
        a_finding(text, "one", code="PS007"),
        a_finding(text, "one", code="PS007", severity=Severity.WARNING),
    )
    issues = json.loads(written("gitlab", a_report(text, *found)))
    assert [issue["severity"] for issue in issues] == ["critical", "minor"]
    assert issues[0]["location"]["path"] == PATH


def test_a_clean_run_is_an_empty_list() -> None:
    assert json.loads(written("gitlab", a_report())) == []
