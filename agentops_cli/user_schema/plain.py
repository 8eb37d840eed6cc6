"""Schemas of the few keywords that Picoschema expands to, judged without `jsonschema`.

Its import takes 60 ms and its validators hundreds of microseconds; nearly all prompts need neither.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.user_schema.values import are_same, is_of
from agentops_cli.validate import TYPE_WORDS, shown

_JUDGED: Final = {"type", "enum", "items", "properties", "required", "additionalProperties"}
_SAID: Final = {"$comment", "title", "description", "default", "examples"}


def is_plain(schema: Json) -> bool:
    """True when the schema is well formed and uses only keywords that `misfits` judges."""
    if not isinstance(schema, dict):
        return isinstance(schema, bool)
    kinds = schema.get("type", [])
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    return (
        schema.keys() <= _JUDGED | _SAID
        and isinstance(kinds, str | list)
        and all(isinstance(kind, str) and kind in TYPE_WORDS for kind in _list(kinds))
        and isinstance(schema.get("enum", []), list)
        and isinstance(required, list)
        and all(isinstance(name, str) for name in required)
        and isinstance(properties, dict)
        and all(map(is_plain, properties.values()))
        and is_plain(schema.get("items", True))
        and is_plain(schema.get("additionalProperties", True))
    )


def misfits(schema: Json, value: Json, name: str) -> Iterator[str]:
    """Why a value does not fit a plain schema, in the words of an author who calls it `name`."""
    if not isinstance(schema, dict):
        if schema is False:
            yield f"{name!r} is not allowed"
        return
    kinds = _list(schema.get("type", []))
    if kinds and not is_of(value, kinds):
        wanted = " or ".join(TYPE_WORDS[str(kind)] for kind in kinds)
        yield f"{name!r} must be {wanted}, not {shown(value)}"
    choices = schema.get("enum")
    if isinstance(choices, list) and not any(are_same(value, choice) for choice in choices):
        yield f"{name!r} must be one of {', '.join(map(shown, choices))}, not {shown(value)}"
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from misfits(schema.get("items", True), item, f"{name}[{index}]")
    if isinstance(value, dict):
        yield from _misfits_in_object(schema, value, name)


def _misfits_in_object(schema: JsonObject, value: JsonObject, name: str) -> Iterator[str]:
    properties = schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    for key in _list(schema.get("required", [])):
        if key not in value:
            yield f"{name!r} lacks the key {key!r}"
    others = schema.get("additionalProperties", True)
    for key, item in value.items():
        if key not in known and others is False:
            yield f"{name!r} has a key {key!r} that its schema does not know"
        else:
            yield from misfits(known.get(key, others), item, f"{name}.{key}")


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
