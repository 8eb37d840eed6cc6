"""Picoschema expands as dotprompt expands it, and says what it cannot read and where."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.prompt.picoschema import expand, is_json_schema
from agentops_cli.user_schema import problems_of


def of_fields(fields: JsonObject, required: list[Json], **others: Json) -> JsonObject:
    schema: JsonObject = {"type": "object", "properties": fields, "additionalProperties": False}
    schema |= others
    return {**schema, "required": required} if required else schema


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("string", {"type": "string"}),
        ("number, how many", {"type": "number", "description": "how many"}),
        ("number,how many, at most", {"type": "number", "description": "how many, at most"}),
        ("any", {}),
        ("any, of it", {"description": "of it"}),
        ({}, of_fields({}, [])),
        (
            {"a": "boolean", "b?": "integer, maybe"},
            of_fields(
                {
                    "a": {"type": "boolean"},
                    "b": {"type": ["integer", "null"], "description": "maybe"},
                },
                ["a"],
            ),
        ),
        (
            {"tags(array, what it is about)": "string, a tag", "more?(array)": "number"},
            of_fields(
                {
                    "tags": {
                        "type": "array",
                        "description": "what it is about",
                        "items": {"type": "string", "description": "a tag"},
                    },
                    "more": {"type": ["array", "null"], "items": {"type": "number"}},
                },
                ["tags"],
            ),
        ),
        (
            {"kind(enum, which)": ["a", "b"], "size?(enum)": [1, 2], "old?(enum)": ["x", None]},
            of_fields(
                {
                    "kind": {"enum": ["a", "b"], "description": "which"},
                    "size": {"enum": [1, 2, None]},
                    "old": {"enum": ["x", None]},
                },
                ["kind"],
            ),
        ),
        (
            {"home": {"city": "string"}, "work?(object, if any)": {"city?": "string"}},
            of_fields(
                {
                    "home": of_fields({"city": {"type": "string"}}, ["city"]),
                    "work": {
                        **of_fields({"city": {"type": ["string", "null"]}}, []),
                        "type": ["object", "null"],
                        "description": "if any",
                    },
                },
                ["home"],
            ),
        ),
        (
            {"items(array)": {"name": "string"}},
            of_fields(
                {
                    "items": {
                        "type": "array",
                        "items": of_fields({"name": {"type": "string"}}, ["name"]),
                    }
                },
                ["items"],
            ),
        ),
        (
            {"a": "any", "b?": "any", "(*)": "number, a score"},
            of_fields(
                {"a": {}, "b": {}},
                ["a"],
                additionalProperties={"type": "number", "description": "a score"},
            ),
        ),
        ({"gone?": "null"}, of_fields({"gone": {"type": "null"}}, [])),
        ({"type": "string"}, of_fields({"type": {"type": "string"}}, ["type"])),
        (
            {"e(enum, one of (a) and (b))": ["a"]},
            of_fields({"e": {"enum": ["a"], "description": "one of (a) and (b)"}}, ["e"]),
        ),
    ],
)
def test_a_schema_expands(source: Json, expected: JsonObject) -> None:
    expanded = expand(source)
    assert expanded.problems == ()
    assert expanded.schema == expected


@pytest.mark.parametrize(
    ("source", "route", "message", "fix"),
    [
        ("strng", (), "unknown type 'strng'", "did you mean 'string'?"),
        ({"a": "str"}, ("a",), "unknown type 'str'", "did you mean 'string'?"),
        ({"a": "Bool, is it"}, ("a",), "unknown type 'Bool'", "did you mean 'boolean'?"),
        ({"a": "list"}, ("a",), "unknown type 'list'", "put it on the name: name(array): string"),
        ({"a": "enum"}, ("a",), "unknown type 'enum'", "name(enum): [first, second]"),
        ({"a": "Ticket"}, ("a",), "unknown type 'Ticket'", "known types: string, number"),
        ({"a": None}, ("a",), "a schema is a type or a mapping", "a comma needs quotes"),
        ({"a": 5}, ("a",), "a schema is a type or a mapping", "write a type (string"),
        (None, (), "a schema is a type or a mapping", "write a type"),
        ({"a": ["x"]}, ("a",), "a schema is a type or a mapping", "write a type"),
        ({"a(array)": {"b": "nope"}}, ("a(array)", "b"), "unknown type 'nope'", "known types"),
        ({"(*)": "nope"}, ("(*)",), "unknown type 'nope'", "known types"),
        ({"a(enum)": "b"}, ("a(enum)",), "an enum needs a list", "[first, second]"),
        ({"a(enum)": []}, ("a(enum)",), "an enum needs a list", "[first, second]"),
        ({"a(enum)": [{"b": 1}]}, ("a(enum)",), "an enum holds texts", "flatten"),
        ({"a(object)": "string"}, ("a(object)",), "an object needs a mapping", "{field: type}"),
        ({"a(arry)": "string"}, ("a(arry)",), "unknown kind 'arry'", "did you mean 'array'?"),
        ({"a(string)": "b"}, ("a(string)",), "unknown kind 'string'", "name: string"),
        ({"a(xyz)": "b"}, ("a(xyz)",), "unknown kind 'xyz'", "array, object, enum"),
        ({"a(array": None}, ("a(array",), "'a(array' is not a field", "a comma needs quotes"),
        ({"a??": "string"}, ("a??",), "'a??' is not a field", "write name, name?"),
        ({"a": "string", "a?": "string"}, ("a?",), "the field 'a' is given twice", "remove one"),
    ],
)
def test_a_mistake_is_told_with_its_route(
    source: Json, route: tuple[str, ...], message: str, fix: str
) -> None:
    [problem] = expand(source).problems
    assert problem.route == route
    assert message in problem.message
    assert fix in (problem.fix or "")


def test_all_mistakes_are_told_at_once() -> None:
    source: Json = {"a": "strng", "b(arry)": "string", "c": {"d": 1, "e": "flot"}}
    routes = [problem.route for problem in expand(source).problems]
    assert routes == [("a",), ("b(arry)",), ("c", "d"), ("c", "e")]


def test_the_keys_as_written_are_kept_for_places() -> None:
    assert expand({"a?(enum)": ["x"], "b": {"c?": "string"}}).keys == {"a": "a?(enum)", "b": "b"}


@pytest.mark.parametrize(
    "source", [{"type": "object"}, {"type": "array", "items": {}}, {"properties": {}}]
)
def test_json_schema_is_known_by_its_top_level(source: Json) -> None:
    assert is_json_schema(source)


@pytest.mark.parametrize(
    "source",
    [{"properties": "string"}, {"type": "string"}, {"type": ["object"]}, "object", None],
)
def test_everything_else_is_picoschema(source: Json) -> None:
    assert not is_json_schema(source)


names = st.from_regex(r"[a-z]{1,4}\??", fullmatch=True)
scalars = st.sampled_from(["string", "number, n", "integer", "boolean", "any", "null"])
picoschemas: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: (
        st.dictionaries(names, inner, max_size=3)
        | st.dictionaries(names.map(lambda name: f"{name}(array, about)"), inner, max_size=2)
        | st.dictionaries(names.map(lambda name: f"{name}(enum)"), st.just(["a", 1]), max_size=2)
        | st.dictionaries(st.just("(*)"), inner, max_size=1)
    ),
    max_leaves=8,
)


@given(picoschemas)
def test_whatever_is_expanded_is_sound_json_schema(source: Json) -> None:
    expanded = expand(source)
    assert {problem.message[:9] for problem in expanded.problems} <= {"the field"}
    Draft202012Validator.check_schema(expanded.schema)
    assert problems_of(expanded.schema) == ()


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)


@given(anything)
def test_no_source_makes_it_fail(source: Json) -> None:
    for problem in expand(source).problems:
        assert problem.message
        assert problem.fix
