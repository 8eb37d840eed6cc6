"""What differs between two JSON Schemas."""

import pytest

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.prompt.schema_changes import differences


def of(**keywords: Json) -> JsonObject:
    """A schema of an object with one property."""
    return {"type": "object", "properties": {"a": keywords}}


def referring(**keywords: Json) -> JsonObject:
    """The same, its property described elsewhere, as pydantic writes it."""
    return {**of(**{"$ref": "#/$defs/A"}), "$defs": {"A": keywords}}


def told(old: JsonObject, new: JsonObject) -> list[tuple[str, str]]:
    return [(each.effect, ".".join(each.route)) for each in differences(old, new)]


OTHERS: list[tuple[str, Json, Json]] = [
    ("anyOf", [{"type": "string"}], [{"type": "string"}, {"type": "null"}]),
    ("oneOf", [{"type": "string"}], [{"type": "null"}]),
    ("allOf", [{"minimum": 1}], [{"minimum": 2}]),
    ("not", {"type": "string"}, {"type": "null"}),
    ("if", {"minimum": 1}, {"minimum": 2}),
    ("then", {"minimum": 1}, {"minimum": 2}),
    ("prefixItems", [{"type": "string"}], [{"type": "null"}]),
    ("patternProperties", {"^a": {}}, {"^b": {}}),
    ("additionalProperties", {"type": "string"}, {"type": "null"}),
    ("contains", {"type": "string"}, {"type": "null"}),
    ("dependentRequired", {"a": ["b"]}, {"a": ["c"]}),
    ("items", {}, {"type": "string"}),
    ("keyword", 1, 2),
]
INNER: JsonObject = {"type": "object", "properties": {"b": {"type": "string"}}}


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (referring(type="string"), referring(type="integer"), [("type", "a")]),
        (referring(**INNER), referring(type="object"), [("gone", "a.b")]),
        (referring(type="string"), of(type="string"), []),
        (
            {**of(**{"$ref": "#/$defs/A"}), "$defs": {"A": {"type": "string"}, "B": {}}},
            {**of(**{"$ref": "#/$defs/B"}), "$defs": {"A": {"type": "string"}, "B": {}}},
            [("widened", "a")],
        ),
        (of(**{"$ref": "x.json"}), of(**{"$ref": "y.json"}), [("other", "a")]),
        (
            {**of(anyOf=[{"$ref": "#/$defs/A"}]), "$defs": {"A": {"type": "string"}}},
            {**of(anyOf=[{"$ref": "#/$defs/A"}]), "$defs": {"A": {"type": "null"}}},
            [("other", "a")],
        ),
        *((of(**{key: old}), of(**{key: new}), [("other", "a")]) for key, old, new in OTHERS),
        *(
            (of(**{key: old}), of(**{key: new}), [(effect, "a")])
            for key, old, new, effect in (
                ("const", "x", "y", "shifted"),
                ("pattern", "^a", "^b", "shifted"),
                ("format", "date", "uri", "shifted"),
                ("multipleOf", 1, 0.1, "widened"),
                ("multipleOf", 0.1, 1, "narrowed"),
                ("multipleOf", 2, 3, "shifted"),
                ("uniqueItems", False, True, "narrowed"),
                ("uniqueItems", True, False, "widened"),
            )
        ),
        (of(pattern="^a"), of(), [("widened", "a")]),
        (of(), of(pattern="^a"), [("narrowed", "a")]),
        (of(**{"x-order": 1}), of(**{"x-order": 2}), []),
    ],
)
def test_a_difference_is_told_wherever_it_is_written(
    old: JsonObject, new: JsonObject, found: list[tuple[str, str]]
) -> None:
    assert told(old, new) == found
    assert told(old, old) == told(new, new) == []


def test_a_schema_that_holds_itself_comes_to_an_end() -> None:
    def tree(kind: str) -> JsonObject:
        inner: JsonObject = {"$ref": "#/$defs/A"}
        node: JsonObject = {
            "type": "object",
            "properties": {"left": inner, "right": inner, "value": {"type": kind}},
        }
        return {"$ref": "#/$defs/A", "$defs": {"A": node}}

    assert told(tree("string"), tree("integer")) == [("type", "value")]


def test_a_reference_to_itself_leads_nowhere() -> None:
    loop = referring(**{"$ref": "#/$defs/A"})
    assert told(loop, referring(type="string"))
    assert told(loop, loop) == []
