import json
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from agentops_cli.model.decode import run_of_json
from agentops_cli.model.result import Incident
from agentops_cli.reporters.incidents import MOST_SHOWN, words_of_incidents
from agentops_cli.reporters.junit import JUnit
from agentops_cli.reporters.markdown import Markdown
from agentops_cli.reporters.run_json import RunJson
from tests.builders import Evaluation, a_run, an_evaluation
from tests.reporters.written import written

OPENED = Incident(
    guard="breaker",
    message="openai: calls are held back: 5 calls in a row failed",
    at=datetime(2026, 1, 2, 3, 4, 30, tzinfo=UTC),
)
AGAIN = replace(OPENED, guard="retry", message="7 calls were made again [[x]] <b>|</b> `\x1b[31m")


def an_eventful_night(*incidents: Incident) -> Evaluation:
    evaluation = an_evaluation()
    return replace(evaluation, run=replace(evaluation.run, incidents=incidents))


@pytest.mark.parametrize("reporter", [Markdown, JUnit, RunJson])
def test_a_run_without_incidents_says_nothing_of_them(
    reporter: type[Markdown | JUnit | RunJson],
) -> None:
    text = written(reporter(), an_eventful_night())
    assert "breaker" not in text
    assert "Incidents" not in text


def test_no_incident_is_more_than_one_line() -> None:
    hostile = replace(OPENED, message="answered by x\n::error file=a.py::b")
    [line] = words_of_incidents(a_run(incidents=(hostile,)))
    assert line.endswith("answered by x⏎::error file=a.py::b")


def test_each_incident_is_a_line_with_its_time_and_its_guard() -> None:
    assert [*words_of_incidents(a_run(incidents=(OPENED,)))] == [
        "03:04:30 breaker: openai: calls are held back: 5 calls in a row failed"
    ]


def test_what_is_too_much_to_show_is_counted() -> None:
    lines = [*words_of_incidents(a_run(incidents=(OPENED,) * (MOST_SHOWN + 2)))]
    assert len(lines) == MOST_SHOWN + 1
    assert lines[-1] == "2 more incidents, see the JSON report"


def test_markdown_has_them_below_everything_else() -> None:
    text = written(Markdown(), an_eventful_night(OPENED, AGAIN))
    assert "<details><summary>Incidents (2)</summary>" in text
    assert "- `03:04:30 breaker: openai: calls are held back: 5 calls in a row failed`" in text
    assert "\x1b" not in text


def test_junit_has_them_in_the_output_of_each_suite() -> None:
    root = ET.fromstring(written(JUnit(), an_eventful_night(OPENED, AGAIN)))  # noqa: S314 # Our own.
    for suite in root.iter("testsuite"):
        output = suite.findtext("system-out") or ""
        assert "03:04:30 breaker: openai: calls are held back" in output
        assert "[[x]]" not in output, "no server may take it for a directive"


def test_the_result_has_all_of_them_and_gives_them_back() -> None:
    incidents = (OPENED, AGAIN) * MOST_SHOWN
    result = json.loads(written(RunJson(), an_eventful_night(*incidents)))
    assert result["run"]["incidents"][0] == {
        "guard": "breaker",
        "message": OPENED.message,
        "at": "2026-01-02T03:04:30+00:00",
    }
    assert run_of_json(result["run"], result["gate"]).incidents == incidents
