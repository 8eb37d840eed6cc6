"""Answers that are documents of data."""

from typing import Any

import pytest

from agentops_cli.assertions.category_words.data import data_of, is_error_object, strings_only


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (' {"a": [1, null]} ', {"a": [1, None]}),
        ('```json\n["x"]\n```', ["x"]),
        ("```\n{}\n```", {}),
        ("{a: 1}", None),
        ("42", None),
        ('Here: {"a": 1}', None),
        ("[" * 5_000, None),
    ],
)
def test_only_a_whole_object_or_array_is_data(text: str, data: Any) -> None:
    assert data_of(text) == data


@pytest.mark.parametrize(
    ("data", "reports"),
    [
        ({"error": "boom"}, True),
        ({"Error": {"code": 500}}, True),
        ({"status": "failed", "message": "no tool"}, True),
        ({"ok": False}, True),
        ({"error": None, "message": "fine"}, False),
        ({"status": "ok"}, False),
        ({"errors": ["line 3"], "fix": "add a comma"}, False),
        ([{"error": "boom"}], False),
    ],
)
def test_an_error_object_reports_a_failure_and_nothing_else(data: Any, reports: bool) -> None:
    assert is_error_object(data) is reports


def test_only_the_strings_are_left_where_they_stood() -> None:
    text = r'{"key": "one \"two\"", "n": [3, "four\nfive"]}'
    left = strings_only(text)
    assert len(left) == len(text)
    assert left.split() == ["one", r"\"two\"", "four", "five"]
    assert left.index("four") == text.index("four")
