"""What is not YAML is read as it looks, and told in the words of whoever wrote it."""

import pytest

from agentops_cli.locate import MAX_DEPTH
from agentops_cli.model.json import Json
from agentops_cli.prompt.loose import read_loosely


def read(text: str) -> tuple[Json, list[tuple[int | None, int | None, str]]]:
    loose = read_loosely(text, path="p", first_line=2)
    places = [
        (each.location.line, each.location.column, each.message)
        for each in loose.findings
        if each.location
    ]
    return loose.document.data, places


@pytest.mark.parametrize(
    ("value", "column", "reason"),
    [
        ("**/*.py", 5, "it begins with * or &, which YAML keeps for references"),
        ("*name", 4, "it begins with *, which YAML keeps for references"),
        ("@all", 4, "it begins with a mark that YAML keeps for itself"),
        ("`code`", 4, "it begins with a mark that YAML keeps for itself"),
        ("Use it when: asked", 15, "it holds a colon and a space"),
        ("[file] [line]", 11, "text follows where the value has ended"),
        ("'a' b", 8, "text follows where the value has ended"),
        ("[a, b", 4, "a bracket is never closed"),
        ("'never", 4, "a quote is never closed"),
        ('"\\q"', 5, "it holds a backslash that escapes nothing"),
    ],
)
def test_a_value_that_is_not_yaml_is_the_text_as_written(
    value: str, column: int, reason: str
) -> None:
    data, places = read(f"a: 1\nb: {value}  # why\nc: [x]\n")
    assert data == {"a": 1, "b": value, "c": ["x"]}
    assert places == [(3, column, f"the value of 'b' is not valid YAML: {reason}")]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: 1\nb: [x]", {"a": 1, "b": ["x"]}),
        ("", None),
        ("# nothing", None),
    ],
)
def test_what_is_yaml_is_read_as_yaml(text: str, data: Json) -> None:
    assert read(text) == (data, [])


def test_other_keys_keep_their_own_values_places_and_mistakes() -> None:
    text = "b: c: d\n'q k': {x: [1, yes]}\ne:\n  - f\n  - {g: 1, g: 2}\n"
    data, places = read(text)
    assert data == {"b": "c: d", "q k": {"x": [1, "yes"]}, "e": ["f", {"g": 2}]}
    assert [place[:2] for place in places] == [(2, 5), (6, 12)]
    document = read_loosely(text, path="p", first_line=2).document
    assert str(document.at(("e", 1, "g"))) == "p:6:15"
    assert str(document.key_at(("q k", "x"))) == "p:3:9"
    assert document.text_at(("b",)) == "c: d"


def test_a_reference_to_another_key_is_no_mistake_of_its_own() -> None:
    data, places = read("a: &x [1]\nb: *x\nc: d: e\n")
    assert data == {"a": [1], "b": "*x", "c": "d: e"}
    assert [place[:2] for place in places] == [(4, 5)]


def test_a_character_that_yaml_forbids_is_told_and_replaced() -> None:
    data, places = read("a: x\nb: y\x07z\x00\nc: d: e\n")
    assert data == {"a": "x", "b": "y\ufffdz\ufffd", "c": "d: e"}
    assert places[0] == (3, 5, "the character U+0007 may not stand in YAML")
    assert places[1][:2] == (4, 5)


def test_text_without_any_key_is_one_mistake() -> None:
    data, places = read("[text\n")
    assert data == {}
    assert len(places) == 1


@pytest.mark.parametrize(
    "text",
    [
        "a: b: c\n" * 2_000,
        "k: [\n" * 2_000,
        "a: *b\nc: &d x\n" * 1_000,
        "a: " + "[" * 5_000,
        "a:\n" + " -" * 5_000,
        "a: " + "{x: " * (MAX_DEPTH + 9),
    ],
)
def test_hostile_text_is_only_wrong(text: str) -> None:
    assert read_loosely(text, path="p", first_line=1).findings
