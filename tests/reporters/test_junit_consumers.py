"""Programs of the npm registry read our JUnit reports as we meant them."""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from agentops_cli.errors import ExitCode
from agentops_cli.reporters.junit import JUnit
from tests.builders import Evaluation, a_suite_result, an_evaluation, an_eventful_evaluation
from tests.reporters.written import written

TOOLS = Path(__file__).parents[1] / "node" / "node_modules" / ".bin"

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(
        shutil.which("node") is None or not (TOOLS / "jrm").exists(),
        reason="needs Node.js and: make node-tools",
    ),
]

# tests, failures, errors, skipped
EVALUATIONS = {
    "eventful": (an_eventful_evaluation(), (15, 4, 4, 3)),
    "passed": (an_evaluation(a_suite_result()), (1, 0, 0, 0)),
    "stopped before any case": (an_evaluation(exit_code=ExitCode.STOPPED), (1, 0, 1, 0)),
}


@pytest.fixture(params=EVALUATIONS)
def case(request: pytest.FixtureRequest) -> tuple[Evaluation, tuple[int, ...]]:
    return EVALUATIONS[request.param]


@pytest.fixture
def report(case: tuple[Evaluation, tuple[int, ...]], tmp_path: Path) -> Path:
    path = tmp_path / "junit.xml"
    path.write_text(written(JUnit(), case[0]), encoding="utf-8")
    return path


@pytest.fixture
def counts(case: tuple[Evaluation, tuple[int, ...]]) -> tuple[int, ...]:
    return case[1]


def run(tool: str, *arguments: str | Path) -> str:
    done = subprocess.run(
        [TOOLS / tool, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_junit_report_merger_adds_up_our_counts(report: Path, counts: tuple[int, ...]) -> None:
    merged = report.with_name("merged.xml")
    run("jrm", merged, report)
    root = ET.parse(merged).getroot()  # noqa: S314 - made from our own output
    names = ("tests", "failures", "errors", "skipped")
    assert tuple(int(root.get(name, "0")) for name in names) == counts
    assert len(list(root.iter("testcase"))) == counts[0]


def test_junit2json_finds_as_many_results_as_we_count(
    report: Path, counts: tuple[int, ...]
) -> None:
    read = json.loads(run("junit2json", report))
    suites = read["testsuite"]
    cases = [case for suite in suites for case in suite["testcase"]]
    found = (len(cases), *(sum(key in case for case in cases) for key in ("failure", "error")))
    assert (*found, sum("skipped" in case for case in cases)) == counts
    assert (read["tests"], read["failures"], read["errors"]) == counts[:3]
    assert sum(suite["skipped"] for suite in suites) == counts[3]


def test_xunit_viewer_shows_our_counts(report: Path, counts: tuple[int, ...]) -> None:
    page = report.with_name("page.html")
    run("xunit-viewer", "--results", report, "--output", page)
    shown = dict.fromkeys(("passed", "failure", "error", "skipped"), 0)
    description = re.search(r'name="description" content="([^"]*)"', page.read_text("utf-8"))
    assert description is not None
    for number, word in re.findall(r"(\d+) (\w+)", description[1]):
        shown[word] += int(number)
    assert (sum(shown.values()), shown["failure"], shown["error"], shown["skipped"]) == counts
