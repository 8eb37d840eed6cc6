"""Schemas of the few keywords that Picoschema expands to, judged without `jsonschema`.

Its import takes 60 ms and its validators hundreds of microseconds; nearly all prompts need neither.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.user_schema.values import are_same, is_of
from agentops_cli.validate import TYPE_WORDS, shown


def is_plain(schema: Json) -> bool:
    """True when the schema is well formed and uses only keywords that `misfits` judges."""
    if not isinstance(schema, dict):
        return isinstance(schema, bool)
    for keyword, part in schema.items():
        is_sound = _KEYWORDS.get(keyword)
        if is_sound is None or not is_sound(part):
            return False
    return True


def _is_type(part: Json) -> bool:
    kinds = _list(part)
    return all(isinstance(kind, str) and kind in TYPE_WORDS for kind in kinds)


def _is_names(part: Json) -> bool:
    return isinstance(part, list) and all(isinstance(name, str) for name in part)


def _is_list(part: Json) -> bool:
    return isinstance(part, list)


def _is_properties(part: Json) -> bool:
    return isinstance(part, dict) and all(map(is_plain, part.values()))


def _is_anything(_: Json) -> bool:
    return True


_KEYWORDS: Final[Mapping[str, Callable[[Json], bool]]] = {
    "type": _is_type,
    "enum": _is_list,
    "items": is_plain,
    "properties": _is_properties,
    "required": _is_names,
    "additionalProperties": is_plain,
    **dict.fromkeys(("$comment", "title", "description", "default", "examples"), _is_anything),
}
"""When the value of a keyword is well formed."""


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
