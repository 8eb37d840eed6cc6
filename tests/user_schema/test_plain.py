"""Plain schemas: our own judge agrees with the standard, and needs no library."""

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.user_schema import misfit


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
        ({"enum": ["a"]}, "é" * 70, f'not "{"é" * 56}…'),
    ],
)
def test_the_first_reason_is_told_in_an_authors_words(
    schema: JsonObject, value: Json, reason: str | None
) -> None:
    found = misfit(schema, value, "x")
    assert found is None if reason is None else reason in (found or "")


def test_what_picoschema_expands_to_is_judged_without_jsonschema() -> None:
    program = (
        "import sys; from agentops_cli.user_schema import misfit, problems_of\n"
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
