"""What is wrong with a schema as such is told with its place, before any value is judged."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.user_schema import misfit, problems_of


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
        ({"$schema": "https://example.com/mine"}, ("$schema",), "unknown dialect of JSON Schema"),
        ({"$schema": 7, "minItems": 1}, ("$schema",), "unknown dialect of JSON Schema: 7"),
        (
            {"items": {"$schema": "http://json-schema.org/draft-07/schema#"}, "minItems": 1},
            ("items", "$schema"),
            "the dialect is said once, on top",
        ),
        ({"type": [["string"]]}, ("type",), "not valid JSON Schema"),
        ({"$schema": "b://["}, ("$schema",), "unknown dialect of JSON Schema"),
        ({"$id": "http://["}, (), "its id is no address"),
        ({"$id": "http://a/", "$ref": "b://["}, ("$ref",), "leads nowhere in this schema"),
        ({"$ref": "#/allOf/x", "allOf": [True]}, ("$ref",), "leads nowhere in this schema"),
        ({"$ref": "#/title/x", "title": "t"}, ("$ref",), "leads nowhere in this schema"),
        ({"$ref": "#/enum/0", "enum": [{}]}, ("$ref",), "leads nowhere in this schema"),
        ({"$ref": "#/x-mine", "x-mine": {"type": "strng"}}, ("$ref",), "leads nowhere"),
        ({"$ref": "#"}, (), "the schema refers to itself without end"),
        ({"properties": {"default": {"pattern": "("}}}, ("properties", "default", "pattern"), "("),
        ({"items": {"format": "uri-template"}}, ("items", "format"), "cannot be checked"),
        (
            {"unevaluatedProperties": False, "allOf": [{"patternProperties": {"^a": {}}}]},
            ("unevaluatedProperties",),
            "beside patternProperties it would search",
        ),
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
        {"$defs": {"a": True}, "items": {"$ref": "#/$defs/a"}},
        {"$defs": {"a": {"$anchor": "here"}}, "items": {"$ref": "#here"}},
        {
            "$id": "https://example.com/whole",
            "items": {"$ref": "https://example.com/part"},
            "$defs": {
                "part": {
                    "$id": "part",
                    "items": {"$ref": "#/$defs/own"},
                    "$defs": {"own": {"type": "string"}},
                },
            },
        },
    ],
)
def test_a_sound_schema_has_no_problems(schema: JsonObject) -> None:
    assert problems_of(schema) == ()


def test_mistakes_of_all_kinds_are_told_at_once() -> None:
    schema: JsonObject = {
        "properties": {"a": {"type": "strng"}, "b": {"pattern": "("}, "c": {"format": "iri"}}
    }
    assert [problem.route for problem in problems_of(schema)] == [
        ("properties", "a", "type"),
        ("properties", "b", "pattern"),
        ("properties", "c", "format"),
    ]


# Whatever a stranger writes: keywords with values of their own kind, and of any other.
names = st.sampled_from(
    [
        *("$ref", "$id", "$schema", "$defs", "$anchor", "$dynamicRef", "type", "format", "enum"),
        *("pattern", "patternProperties", "additionalProperties", "unevaluatedProperties"),
        *("properties", "items", "prefixItems", "allOf", "not", "default", "dependencies", "id"),
    ]
)
scalars = st.sampled_from(
    [
        *(
            "#",
            "#/$defs/a",
            "#/allOf/x",
            "#/a/a",
            "b://[",
            "http://[",
            "#/properties/a",
            "a.json",
            "string",
            "object",
            "iri",
            "^a",
            "(",
            "a",
        ),
        *("http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-07/schema"),
        *(None, True, False, 0, 1.5),
    ]
)
schemas: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(names | st.just("a"), inner, max_size=3)
        | st.dictionaries(names, st.dictionaries(st.just("a"), inner, max_size=1), max_size=2)
    ),
    max_leaves=8,
).filter(lambda schema: isinstance(schema, dict))
values: st.SearchStrategy[Json] = st.recursive(
    st.sampled_from(["a", "b", 1, None, True]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("a"), inner, max_size=1),
    max_leaves=4,
)


@given(schemas, values)
def test_a_schema_is_either_refused_or_judges_every_value(schema: JsonObject, value: Json) -> None:
    if not problems_of(schema):
        reason = misfit(schema, value, "x")
        assert reason is None or "'x" in reason
