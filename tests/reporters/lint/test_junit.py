from pathlib import Path
from typing import Any

import pytest
import xmlschema
from junitparser import Error, Failure, JUnitXml

from agentops_cli.errors import ExitCode
from agentops_cli.model.finding import Severity
from agentops_cli.reporters.lint.report import LintReport
from tests.reporters.lint.made import PATH, a_finding, a_hostile_report, a_report, written
from tests.reporters.test_junit import parsed

LENIENT = xmlschema.XMLSchema(Path(__file__).parents[2] / "data" / "junit" / "jenkins-junit-10.xsd")
TEXT = "one\ntwo\n"


def _counts(report: LintReport) -> tuple[int, int, int]:
    """Tests, failures and errors, as junitparser counts them, once the report is valid."""
    text = written("junit", report)
    parsed(text)
    LENIENT.validate(text)
    cases: list[Any] = [case for suite in JUnitXml.fromstring(text.encode()) for case in suite]
    results = [result for case in cases for result in case.result]
    failures = sum(isinstance(each, Failure) for each in results)
    return len(cases), failures, sum(isinstance(each, Error) for each in results)


def test_what_is_as_bad_as_asked_is_a_failure() -> None:
    found = [a_finding(TEXT, "one", severity=each) for each in Severity]
    for fail_on, failures in ((Severity.ERROR, 1), (Severity.WARNING, 2), (Severity.INFO, 3)):
        assert _counts(a_report(TEXT, *found, fail_on=fail_on)) == (4, failures, 0)


def test_a_clean_run_is_one_test_that_passed() -> None:
    assert _counts(a_report(code=ExitCode.OK)) == (1, 0, 0)


def test_a_no_for_many_warnings_is_not_green() -> None:
    found = a_finding(TEXT, "one", severity=Severity.WARNING)
    assert _counts(a_report(TEXT, found)) == (2, 1, 0)
    assert _counts(a_report(TEXT, found, code=ExitCode.OK)) == (2, 0, 0)


def test_a_run_without_a_verdict_is_an_error() -> None:
    assert _counts(a_hostile_report()) == (4, 1, 1)


def test_no_two_tests_have_one_name() -> None:
    found = [a_finding(TEXT, "one"), a_finding(TEXT, "one")]
    root = parsed(written("junit", a_report(TEXT, *found)))
    names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(set(names)) == len(names) == 3


@pytest.mark.parametrize("mark", ["[[ATTACHMENT|", "##[error]", "##vso["])
def test_no_server_obeys_what_others_wrote(mark: str) -> None:
    text = f"{mark}x]]\n"
    found = a_finding(text, mark, message=f"{mark}y]]", fix=f"{mark}z]]")
    assert mark not in written("junit", a_report(text, found))


def test_a_test_leads_to_its_place() -> None:
    root = parsed(written("junit", a_report(TEXT, a_finding(TEXT, "two"))))
    case = next(root.iter("testcase"))
    assert (case.get("file"), case.get("line")) == (PATH, "2")
