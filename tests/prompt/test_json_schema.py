"""Values against schemas: our own judge agrees with the standard, and nothing is ever fetched."""

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing.exceptions import Unresolvable

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.prompt.json_schema import misfit, problems_of


@pytest.mark.parametrize(
    ("schema", "value", "reason"),
    [
        ({"type": "string"}, 3, "'x' must be text, not 3"),
        ({"type": "string"}, None, "'x' must be text, not empty"),
        ({"type": "integer"}, 1.5, "'x' must be a whole number, not 1.5"),
        ({"type": "integer"}, True, "'x' must be a whole number, not true"),
        ({"type": "number"}, "3", "'x' must be a number, not \"3\""),
        ({"type": "boolean"}, 1, "'x' must be true or false, not 1"),
        ({"type": "array"}, {}, "'x' must be a list, not a mapping"),
        ({"type": ["object", "null"]}, [], "'x' must be a mapping or empty, not a list"),
        ({"enum": ["a", 1, None]}, "b", '\'x\' must be one of "a", 1, empty, not "b"'),
        ({"enum": [1]}, True, "'x' must be one of 1, not true"),
        ({"type": "array", "items": {"type": "string"}}, ["a", 2], "'x[1]' must be text, not 2"),
        ({"properties": {"a": {"type": "string"}}}, {"a": 2}, "'x.a' must be text, not 2"),
        ({"required": ["a"]}, {}, "'x' lacks the key 'a'"),
        ({"additionalProperties": False}, {"a": 1}, "'x' has a key 'a' that its schema does not"),
        ({"additionalProperties": {"type": "null"}}, {"a": 1}, "'x.a' must be empty, not 1"),
        ({"properties": {"a": False}}, {"a": 1}, "'x.a' is not allowed"),
        ({"type": "string"}, "é" * 70, None),
        ({"enum": ["a"]}, "é" * 70, f'not "{"é" * 58}…'),
        (
            {"type": "string", "minLength": 3},
            "ab",
            "'x' does not fit its schema: 'ab' is too short",
        ),
        ({"pattern": "^a"}, "b", "'x' does not fit its schema: \"b\" does not match '^a'"),
        ({"items": {"minimum": 3}}, [5, 1], "'x[1]' does not fit its schema: 1 is less than"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, 3, "'x' does not fit its schema"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}}, 3, "is not of type 'null'"),
        ({"pattern": "(a|a)*$"}, "a" * 60 + "b", "'x' cannot be judged: /(a|a)*$/ takes more than"),
        ({"format": "date"}, "no date", None),
    ],
)
def test_the_first_reason_is_told_in_an_authors_words(
    schema: JsonObject, value: Json, reason: str | None
) -> None:
    found = misfit(schema, value, "x")
    assert found is None if reason is None else reason in (found or "")


@pytest.mark.parametrize(
    ("schema", "route", "message"),
    [
        ({"type": "strng"}, ("type",), "'strng' is not one of ['array'"),
        ({"type": "object", "properties": []}, ("properties",), "[] is not of type 'object'"),
        ({"properties": {"a": {"enum": 3}}}, ("properties", "a", "enum"), "is not of type 'array'"),
        ({"minLength": -1}, ("minLength",), "-1 is less than the minimum of 0"),
        ({"required": "a"}, ("required",), "'a' is not of type 'array'"),
        ({"additionalProperties": 3}, ("additionalProperties",), "3 is not of type"),
        ({"items": {"pattern": "("}}, ("items", "pattern"), "does not compile: missing )"),
        ({"patternProperties": {"(": {}}}, ("patternProperties", "("), "does not compile"),
        ({"$ref": "https://example.com/a.json"}, ("$ref",), "'$ref' leads nowhere"),
        ({"allOf": [{"$ref": "a.json"}]}, ("allOf", 0, "$ref"), "leads nowhere in this schema"),
        ({"items": {"$ref": "#/$defs/b"}, "$defs": {}}, ("items", "$ref"), "leads nowhere"),
        ({"$schema": "https://example.com/mine"}, ("$schema",), "no dialect of JSON Schema"),
        ({"$schema": 7, "minItems": 1}, ("$schema",), "no dialect of JSON Schema"),
        (
            {"items": {"$schema": "http://json-schema.org/draft-07/schema#"}, "minItems": 1},
            ("items", "$schema"),
            "no dialect of JSON Schema is expected here",
        ),
        ({"$ref": "#"}, (), "the schema refers to itself without end"),
        ({"$dynamicRef": "//example.com/"}, ("$dynamicRef",), "leads nowhere in this schema"),
    ],
)
def test_a_schema_that_is_not_sound_is_told_with_its_route(
    schema: JsonObject, route: tuple[str | int, ...], message: str
) -> None:
    [problem] = problems_of(schema)
    assert problem.route == route
    assert message in problem.message
    assert problem.fix


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"},
        {"properties": {"$ref": {"type": "string"}, "pattern": {"type": "string"}}},
        {"properties": {"$schema": {"type": "string", "minLength": 1}}},
        {"$schema": "http://json-schema.org/draft-04/schema#", "minLength": 1},
        {"enum": [{"$ref": "https://example.com"}], "minimum": 0},
        {"default": {"$ref": "https://example.com"}, "minimum": 0},
        {"$defs": {"a": {"type": "string"}}, "items": {"$ref": "#/$defs/a"}},
    ],
)
def test_a_sound_schema_has_no_problems(schema: JsonObject) -> None:
    assert problems_of(schema) == ()


def test_a_reference_is_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(*args: object, **kwargs: object) -> None:
        raise AssertionError("an address was called")

    monkeypatch.setattr("urllib.request.urlopen", fetch)
    monkeypatch.setattr("urllib.request.OpenerDirector.open", fetch)
    for reference in ("https://example.com/a.json", "file:///etc/passwd", "a.json"):
        [problem] = problems_of({"$id": "https://example.com/", "$ref": reference})
        assert "leads nowhere" in problem.message
        with pytest.raises(Unresolvable):
            misfit({"$ref": reference}, 1, "x")


def test_a_value_that_nests_too_deeply_is_not_judged() -> None:
    value: Json = []
    for _ in range(3000):
        value = [value]
    reason = misfit({"items": {"$ref": "#"}, "minItems": 0}, value, "x")
    assert reason == "'x' cannot be judged: it nests too deeply"


def test_what_picoschema_expands_to_is_judged_without_jsonschema() -> None:
    program = (
        "import sys; from agentops_cli.prompt.json_schema import misfit, problems_of\n"
        "from agentops_cli.prompt.picoschema import expand\n"
        "fields = {'a': 'string', 'b?(array)': {'(*)': 'number'}, 'c(enum)': ['x']}\n"
        "schema = expand(fields).schema\n"
        "assert problems_of(schema) == ()\n"
        "assert misfit(schema, {'a': 'q', 'b': [{'z': 1}], 'c': 'x'}, 'v') is None\n"
        "assert misfit(schema, {'a': 'q', 'c': 'y'}, 'v') is not None\n"
        "assert not {'jsonschema', 'regex'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


kinds = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"])
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, 0.5, "", "a", "b"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=5,
)
schemas: st.SearchStrategy[Any] = st.recursive(
    st.booleans()
    | st.fixed_dictionaries(
        {},
        optional={
            "type": kinds | st.lists(kinds, min_size=1, unique=True),
            "enum": st.lists(values, min_size=1, max_size=3),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": kinds,
            "items": inner,
            "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
            "required": st.lists(st.sampled_from("ab"), max_size=2, unique=True),
            "additionalProperties": inner,
        },
    ),
    max_leaves=5,
).filter(lambda schema: isinstance(schema, dict))


@given(schemas, values)
def test_our_own_judge_agrees_with_the_standard(schema: JsonObject, value: Json) -> None:
    assert (misfit(schema, value, "x") is None) == Draft202012Validator(schema).is_valid(value)
