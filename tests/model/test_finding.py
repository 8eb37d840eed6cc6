"""Findings sort as a reader meets them, and severities compare."""

import itertools

from agentops_cli.model.finding import Finding, Severity, in_reading_order
from agentops_cli.model.place import Location


def found(path: str | None, line: int | None = None, column: int | None = None) -> Finding:
    place = None if path is None else Location(path=path, line=line, column=column)
    return Finding(rule="a-rule", message="a message", location=place)


IN_ORDER = (
    found("a.yaml"),
    found("a.yaml", 2, 1),
    found("a.yaml", 2, 3),
    found("a.yaml", 10, 1),
    found("b.yaml", 1, 1),
    found(None),
)


def test_findings_come_by_file_line_and_column_and_those_of_no_place_last() -> None:
    for shuffled in itertools.permutations(IN_ORDER):
        assert in_reading_order(shuffled) == IN_ORDER


def test_the_same_finding_twice_is_one() -> None:
    assert in_reading_order([*IN_ORDER, *IN_ORDER]) == IN_ORDER


def test_two_mistakes_in_one_place_stay_two_in_the_order_given() -> None:
    place = Location(path="a.yaml", line=1, column=1)
    two = [Finding(rule=rule, message="m", location=place) for rule in ("b-rule", "a-rule")]
    assert in_reading_order(two) == tuple(two)


def test_a_threshold_is_one_comparison() -> None:
    assert Severity.INFO < Severity.WARNING < Severity.ERROR
    assert [severity.word for severity in Severity] == ["info", "warning", "error"]


def test_a_finding_is_an_error_unless_told_otherwise() -> None:
    assert found("a.yaml").severity is Severity.ERROR
