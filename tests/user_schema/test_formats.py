"""Formats are those of their standards, whichever packages are installed."""

import pytest

from agentops_cli.user_schema import errors_of, problems_of
from agentops_cli.user_schema.formats import UNCHECKED


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("date", ["2026-02-28", "2024-02-29"], ["2026-02-30", "2026-2-3", "20260228", "today"]),
        ("time", ["10:00:00Z", "10:00:00.123456789+02:00"], ["10:00", "25:00:00Z", "10:00:00"]),
        ("date-time", ["2026-02-28T10:00:00z"], ["2026-02-28 10:00:00Z", "2026-02-30T10:00:00Z"]),
        ("duration", ["P1D", "PT2H30M", "P1Y2M3DT4H"], ["P", "PT", "1D", "P1DT"]),
        ("email", ["a@b", "a.b@c.de"], ["@", "a@", "a b@c", "a@b..c"]),
        ("idn-email", ["ä@straße.de"], ["ä"]),
        ("hostname", ["a", "a-1.example.com"], ["-a", "a..b", "a_b", "a.", "a" * 64]),
        ("ipv4", ["127.0.0.1"], ["127.0.0", "256.0.0.1"]),
        ("ipv6", ["::1"], ["1.2.3.4"]),
        ("uri", ["https://a.example/x?y#z", "urn:a:b"], ["a.example", "https://a b", "http://%zz"]),
        ("uuid", ["123e4567-e89b-12d3-a456-426614174000"], ["123e4567"]),
        ("regex", ["^a+$"], ["("]),
    ],
)
def test_a_format_tells_right_from_wrong(name: str, right: list[str], wrong: list[str]) -> None:
    assert [
        text for text in (*right, *wrong) if not list(errors_of({"format": name}, text))
    ] == right


def test_a_format_says_nothing_of_what_is_no_text() -> None:
    assert not list(errors_of({"format": "date"}, 7))


@pytest.mark.parametrize("name", sorted(UNCHECKED))
def test_a_format_that_cannot_be_checked_is_refused(name: str) -> None:
    [problem] = problems_of({"format": name})
    assert problem.route == ("format",)
