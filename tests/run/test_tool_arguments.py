"""An expected argument that no right call can have is found before any call is made."""

from typing import Any

import pytest

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.model.tool import Tool
from agentops_cli.run.tool_arguments import impossible_arguments
from tests.builders import a_place

CLOSED: JsonObject = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id"],
    "properties": {
        "id": {"type": "string"},
        "amount": {"type": "number"},
        "count": {"type": ["integer", "null"]},
        "gift": {"type": "boolean"},
        "colour": {"type": "string", "enum": ["red", "blue"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "address": {
            "type": "object",
            "additionalProperties": False,
            "required": ["city", "street"],
            "properties": {"city": {"type": "string"}, "max": {"type": "integer"}},
        },
        "code": {"type": "string", "pattern": "^AC-"},
        "size": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "shade": {"$ref": "#/$defs/shade"},
        "shades": {"type": "array", "items": {"$ref": "#/$defs/shade"}},
        "free": {},
    },
    "$defs": {"shade": {"enum": ["dark", "light"]}},
}


def found(args: Any, parameters: JsonObject = CLOSED) -> list[tuple[str, str]]:
    spec = AssertionSpec(kind="toolCalls", args={}, location=a_place())
    tool = Tool(name="order", parameters=parameters)
    return [(one.message, one.fix) for one in impossible_arguments(spec, tool, args)]


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"id": "812", "amount": 40, "count": None, "gift": True},
        {"amount": "40", "count": "7", "gift": "true", "size": "null"},  # As a template gives them.
        {"id": {"regex": "^8"}, "amount": {"min": 1, "max": 40}, "count": {"min": 1}},
        {"id": {"oneOf": ["812", "813"]}, "amount": {"oneOf": [1, "2.5"]}},
        {"gift": {"equals": True}},
        {"id": {"contains": "8"}, "tags": {"contains": "new"}, "address": {"contains": "city"}},
        {"colour": "red", "tags": ["a", {"regex": "b"}], "code": "AC-1", "size": 3},
        {"address": {"city": "Rome"}},  # In part.
        {"address": {"max": 3}},  # A key of that name.
        {"colour": {"regex": "^r"}, "shade": "dark", "shades": ["light", {"regex": "k$"}]},
        {"free": {"regx": "a"}, "id": {"regex": "1"}},
        {"free": 1},
    ],
)
def test_what_a_right_call_can_have_may_be_expected(args: JsonObject) -> None:
    assert found(args) == []


@pytest.mark.parametrize(
    ("args", "message", "fix"),
    [
        ({"id": 812}, "order: 'id' must be text, not 812", 'put it in quotes: "812"'),
        ({"id": None}, "order: 'id' must be text, not empty", 'put it in quotes: "null"'),
        ({"id": {"equals": 812}}, "order: 'id' must be text, not 812", 'put it in quotes: "812"'),
        ({"id": ["812"]}, "order: 'id' must be text, not a list", None),
        ({"amount": "much"}, "order: 'amount' must be a number, not \"much\"", None),
        ({"count": 1.5}, "order: 'count' must be a whole number or empty, not 1.5", None),
        (
            {"id": {"max": 900}},
            "order: 'id' must be text, which {max: …} never holds of",
            None,
        ),
        (
            {"amount": {"regex": "^8"}},
            "order: 'amount' must be a number, which {regex: …} never holds of",
            None,
        ),
        (
            {"gift": {"contains": "x"}},
            "order: 'gift' must be true or false, which {contains: …} never holds of",
            None,
        ),
        (
            {"id": {"contains": 8}},
            "order: 'id' must be text, which {contains: …} never holds of",
            None,
        ),
        (
            {"size": {"regex": "3"}},
            "order: 'size' must be a whole number or empty, which {reg",
            None,
        ),
        (
            {"id": {"regx": "^8"}},
            "order: 'id' must be text, and no matcher is called 'regx'",
            "did you mean 'regex'?",
        ),
        (
            {"id": {"regex": "^8", "flags": "i"}},
            "order: 'id' must be text, and no matcher is called 'flags'",
            "write {equals}, {regex}, {oneOf: […]}, {contains}, {min, max}",
        ),
        (
            {"id": {"regex": 8}},
            "order: 'id' must be text, and this mapping is no matcher",
            "write {equals}, {regex}, {oneOf: […]}, {contains}, {min, max}",
        ),
        ({"colour": "green"}, 'order: \'colour\' must be one of "red", "blue", not "green"', None),
        (
            {"colour": {"regex": "^g"}},
            'order: \'colour\' must be one of "red", "blue": none matches',
            None,
        ),
        ({"tags": [1]}, "order: 'tags[0]' must be text, not 1", 'put it in quotes: "1"'),
        ({"address": {"city": 1}}, "order: 'address.city' must be text, not 1", None),
        (
            {"address": {"cty": "Rome"}},
            "order takes no argument 'cty' in address",
            "did you mean 'city'?",
        ),
        ({"idd": "812"}, "order takes no argument 'idd'", "did you mean 'id'?"),
        ({"regex": "8"}, "order takes no argument 'regex'", "did you mean 'free'?"),
        ({"shade": "grey"}, 'order: \'shade\' must be one of "dark", "light", not "grey"', None),
        ({"shade": {"regex": "^g"}}, 'order: \'shade\' must be one of "dark", "light": none', None),
        ({"shades": ["grey"]}, 'order: \'shades[0]\' must be one of "dark", "light", not', None),
        ({"code": "AB-1"}, "order: 'code' does not fit its schema: 'AB-1' does not match", None),
    ],
)
def test_what_no_right_call_can_have_is_a_mistake(
    args: JsonObject, message: str, fix: str | None
) -> None:
    [(told, how)] = found(args)
    assert told.startswith(message)
    assert fix is None or how == fix


def test_each_choice_is_checked() -> None:
    assert len(found({"id": {"oneOf": [812, "813", 814]}})) == 2


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/properties/other"},
        {"$dynamicRef": "#node"},
        {"allOf": [{"$ref": "#"}]},
        {"not": {"$ref": "#"}},
        True,
    ],
)
def test_what_refers_to_elsewhere_is_taken_to_be_possible(schema: Json) -> None:
    parameters: JsonObject = {"type": "object", "properties": {"id": schema}}
    assert found({"id": 812}, parameters) == []


def test_names_that_a_pattern_declares_are_possible() -> None:
    parameters: JsonObject = {
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {"^x-": {"type": "string"}},
    }
    assert found({"x-a": "b"}, parameters) == []


def test_others_have_the_schema_that_is_declared_for_them() -> None:
    parameters: JsonObject = {"type": "object", "additionalProperties": {"type": "string"}}
    assert found({"a": "b"}, parameters) == []
    assert [told for told, _ in found({"a": 1}, parameters)] == ["order: 'a' must be text, not 1"]
