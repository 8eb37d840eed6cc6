"""Programs of the npm registry read the linter's JUnit reports as we meant them."""

from pathlib import Path

import pytest

from tests.reporters import test_junit_consumers as consumers
from tests.reporters.lint.made import a_finding, a_hostile_report, a_report, written

pytestmark = consumers.pytestmark

TEXT = "one\ntwo\n"
# tests, failures, errors, skipped
REPORTS = {
    "clean": (a_report(), (1, 1, 0, 0)),
    "found": (a_report(TEXT, a_finding(TEXT, "two", code="PS007")), (2, 1, 0, 0)),
    "hostile": (a_hostile_report(), (4, 1, 1, 0)),
}


@pytest.mark.parametrize("name", REPORTS)
def test_they_count_what_we_count(name: str, tmp_path: Path) -> None:
    report, counts = REPORTS[name]
    path = tmp_path / "junit.xml"
    path.write_text(written("junit", report), encoding="utf-8")
    consumers.test_junit_report_merger_adds_up_our_counts(path, counts)
    consumers.test_junit2json_finds_as_many_results_as_we_count(path, counts)
