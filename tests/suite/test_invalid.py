"""Every mistake in a suite is reported at once, each with its place and its fix."""

from pathlib import Path

import pytest

from tests.suite.reading import mistakes

INVALID = Path(__file__).parent.parent / "invalid" / "suites"
ROWS = {"evals/rows.csv": "text,note\nHello,polite\nBye,\n"}


@pytest.mark.parametrize("file", sorted(INVALID.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_broken_suite_has_exactly_these_findings(file: Path) -> None:
    findings = mistakes(file.read_text(encoding="utf-8"), ROWS)
    shown = "".join(f"{f.location} {f.rule}: {f.message}\n  fix: {f.fix}\n" for f in findings)
    assert shown == file.with_suffix(".txt").read_text(encoding="utf-8")
    assert all(finding.fix for finding in findings)


def test_every_broken_suite_has_its_findings_and_the_other_way_round() -> None:
    suites = {file.stem for file in INVALID.glob("*.yaml")}
    assert suites == {file.stem for file in INVALID.glob("*.txt")} != set()
