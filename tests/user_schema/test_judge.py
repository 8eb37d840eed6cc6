"""Values by any sound schema: as the standard has it, but every search ends."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing.exceptions import Unresolvable

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.user_schema import errors_of, misfit

# Searched by Python's own `re`, this runs for longer than anybody waits.
SOURCE, NAME = "^(a|aa)+$", "a" * 70 + "!"


@pytest.mark.parametrize(
    ("schema", "value", "reason"),
    [
        (
            {"type": "string", "minLength": 3},
            "ab",
            "'x' does not fit its schema: 'ab' is too short",
        ),
        ({"pattern": "^a"}, "b", "'x' does not fit its schema: 'b' does not match '^a'"),
        ({"items": {"minimum": 3}}, [5, 1], "'x[1]' does not fit its schema: 1 is less than"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, 3, "'x' does not fit its schema"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}}, 3, "is not of type 'null'"),
        ({"pattern": "(a|a)*$"}, "a" * 60 + "b", "'x' cannot be judged: /(a|a)*$/ takes more than"),
        ({"format": "date"}, "no date", "'x' does not fit its schema: 'no date' is not a 'date'"),
        ({"format": "of-mine"}, "anything", None),
        ({"pattern": "^a"}, "ab", None),
    ],
)
def test_the_first_reason_is_told_in_an_authors_words(
    schema: JsonObject, value: Json, reason: str | None
) -> None:
    found = misfit(schema, value, "x")
    assert found is None if reason is None else reason in (found or "")


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": SOURCE}, NAME),
        ({"propertyNames": {"pattern": SOURCE}}, {NAME: 1}),
        ({"patternProperties": {SOURCE: {}}}, {NAME: 1}),
        ({"patternProperties": {SOURCE: {}}, "additionalProperties": False}, {NAME: 1}),
        (
            {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "pattern": SOURCE,
                "properties": {"a": {"$ref": "#"}},
            },
            {"a": NAME},
        ),
    ],
)
def test_no_search_takes_longer_than_its_time(schema: JsonObject, value: Json) -> None:
    started = time.process_time()
    with pytest.raises(TimeoutError, match="takes more than 1 s on 71 characters"):
        list(errors_of(schema, value))
    assert time.process_time() - started < 5


members: st.SearchStrategy[Any] = st.dictionaries(
    st.text("ab1", max_size=2), st.none() | st.integers(0, 2), max_size=3
)
of_members = st.sampled_from([True, False, {"type": "integer"}, {"enum": [1, None]}])
objects: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"patternProperties": st.dictionaries(st.sampled_from(["^a", "b$", "1", "."]), of_members)},
    optional={
        "properties": st.dictionaries(st.sampled_from(["a", "b"]), of_members),
        "additionalProperties": of_members,
    },
)


@given(objects, members)
def test_names_by_pattern_are_judged_as_the_standard_says(schema: JsonObject, value: Json) -> None:
    mine = {(error.json_path, error.validator) for error in errors_of(schema, value)}
    theirs = Draft202012Validator(schema).iter_errors(value)
    assert mine == {(error.json_path, error.validator) for error in theirs}


def test_a_name_that_no_pattern_knows_is_named() -> None:
    schema: JsonObject = {"patternProperties": {"^x-": {}}, "additionalProperties": False}
    [error] = errors_of(schema, {"x-a": 1, "y": 2})
    assert error.message == "Additional properties are not allowed ('y' was unexpected)"


def test_a_reference_is_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(*args: object, **kwargs: object) -> None:
        raise AssertionError("an address was called")

    monkeypatch.setattr("urllib.request.urlopen", fetch)
    monkeypatch.setattr("urllib.request.OpenerDirector.open", fetch)
    for reference in ("https://example.com/a.json", "file:///etc/passwd", "a.json"):
        with pytest.raises(Unresolvable):
            misfit({"$ref": reference}, 1, "x")


def test_a_value_that_nests_too_deeply_is_not_judged() -> None:
    value: Json = []
    for _ in range(3000):
        value = [value]
    reason = misfit({"items": {"$ref": "#"}, "minItems": 0}, value, "x")
    assert reason == "'x' cannot be judged: it is nested too deeply for its schema"


def test_of_several_branches_the_one_that_came_closest_speaks() -> None:
    branches: Json = [{"type": "string"}, {"properties": {"a": {"type": "string"}}}]
    [error] = errors_of({"anyOf": branches}, {"a": 1})
    assert (error.json_path, error.message) == ("$.a", "1 is not of type 'string'")
