"""A TOML table read as a located document."""

from decimal import Decimal

import pytest

from agentops_cli.errors import InputError
from agentops_cli.locate import Route
from agentops_cli.toml import PlacedDocument, parse_table

TEXT = '''\
[project]
name = "x"
notes = """
[tool.ours]
a = 0
"""

  [tool.ours]   # indented, with a comment
a = 1
  "b.c" = 0.10
d.e = {f = 2, g = [1, 2.50]}
day = 2026-01-02

[tool.ours."h/i".j]
k = true

[tool.oursbutnot]
a = 7
'''


def read(text: str = TEXT) -> PlacedDocument:
    document = parse_table(text, ("tool", "ours"), path="p.toml")
    assert document is not None
    return document


def test_the_table_is_plain_data() -> None:
    assert read().data == {
        "a": 1,
        "b.c": 0.1,
        "d": {"e": {"f": 2, "g": [1, 2.5]}},
        "day": "2026-01-02",
        "h/i": {"j": {"k": True}},
    }


@pytest.mark.parametrize(
    ("route", "place"),
    [
        ((), "8:3"),
        (("b.c",), "10:3"),
        (("d", "e"), "11:1"),
        # Inside of an inline table the nearest key that begins a line is the place.
        (("d", "e", "f"), "11:1"),
        (("h/i", "j", "k"), "15:1"),
        (("h/i", "j", "x"), "14:1"),
        (("nowhere",), "8:3"),
    ],
)
def test_a_key_is_placed_on_its_line(route: Route, place: str) -> None:
    assert str(read().at(route)) == f"p.toml:{place}"
    assert read().key_at(route) == read().at(route)


@pytest.mark.parametrize(
    ("route", "text"),
    [
        (("a",), "1"),
        (("b.c",), "0.10"),
        (("d", "e", "g", 1), "2.50"),
        (("day",), "2026-01-02"),
        (("h/i", "j", "k"), None),
        (("d",), None),
    ],
)
def test_a_number_keeps_its_digits(route: Route, text: str | None) -> None:
    assert read().text_at(route) == text


def test_digits_make_exact_dollars() -> None:
    assert Decimal(read().text_at(("b.c",)) or "") == Decimal("0.10")


@pytest.mark.parametrize("text", ["", "[tool]\nx = 1\n", "[tool.other]\n", "tool = 1\n"])
def test_a_file_without_the_table_has_none(text: str) -> None:
    assert parse_table(text, ("tool", "ours"), path="p.toml") is None


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("[tool.ours]\na = \n", "p.toml:2:5", "not valid TOML: invalid value"),
        ("[tool.ours]\na = 1\na = 2\n", "p.toml:3:6", "not valid TOML: cannot overwrite a value"),
        ("[tool.ours", "p.toml", "not valid TOML: expected ']' at the end of a table declaration"),
    ],
)
def test_what_is_not_toml_is_a_finding(text: str, place: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_table(text, ("tool", "ours"), path="p.toml")
    [finding] = caught.value.findings
    assert (str(finding.location), finding.message) == (place, message)


def test_deep_nesting_is_a_finding_and_not_a_crash() -> None:
    with pytest.raises(InputError):
        parse_table(f"[tool.ours]\na = {'[' * 100_000}", ("tool", "ours"), path="p.toml")
