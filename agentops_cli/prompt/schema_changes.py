"""What differs between two JSON Schemas, as far as it matters to those who write or read values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from agentops_cli.model.json import Json, JsonObject

Effect = Literal[
    "gone",
    "new",
    "new-required",
    "required",
    "optional",
    "narrowed",
    "widened",
    "type",
    "value-gone",
    "value-new",
    "words",
]
"""What happened to a property, or to the values that it may have.

`type`: values of the one are not values of the other.
"""

_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT: Final = ("pattern", "format", "const", "multipleOf", "uniqueItems")
_WORDS: Final = ("description", "title", "examples", "$comment")
_KINDS: Final = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
_DEPTH: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference: what, at which property, and what about it in words for people."""

    effect: Effect
    route: tuple[str, ...]
    detail: str = ""


def differences(
    old: JsonObject, new: JsonObject, route: tuple[str, ...] = ()
) -> Iterator[Difference]:
    """The differences of two schemas and of all properties below them."""
    if old == new or len(route) > _DEPTH:
        return
    yield from _types(old, new, route)
    yield from _values(old, new, route)
    yield from _limits(old, new, route)
    yield from _properties(old, new, route)
    items = _mapping(old.get("items")), _mapping(new.get("items"))
    if items[0] and items[1]:
        yield from differences(*items, (*route, "[]"))
    if any(old.get(key) != new.get(key) for key in _WORDS):
        yield Difference(effect="words", route=route)


def _types(old: JsonObject, new: JsonObject, route: tuple[str, ...]) -> Iterator[Difference]:
    before, after = _types_of(old), _types_of(new)
    if before == after:
        return
    effect: Effect = "type"
    if before < after:
        effect = "widened"
    elif after < before:
        effect = "narrowed"
    detail = f"{_named(old)} is {_named(new)} now"
    yield Difference(effect=effect, route=route, detail=detail)


def _values(old: JsonObject, new: JsonObject, route: tuple[str, ...]) -> Iterator[Difference]:
    before, after = old.get("enum"), new.get("enum")
    if before == after:
        return
    if not isinstance(before, list) or not isinstance(after, list):
        is_new = isinstance(after, list)
        effect: Effect = "narrowed" if is_new else "widened"
        detail = "only listed values are left" if is_new else "any value will do now"
        yield Difference(effect=effect, route=route, detail=detail)
        return
    for value in before:
        if value not in after:
            yield Difference(effect="value-gone", route=route, detail=repr(value))
    for value in after:
        if value not in before:
            yield Difference(effect="value-new", route=route, detail=repr(value))


def _limits(old: JsonObject, new: JsonObject, route: tuple[str, ...]) -> Iterator[Difference]:
    for keys, sign in ((_LOWER, 1), (_UPPER, -1)):
        for key in keys:
            before, after = _number(old.get(key)), _number(new.get(key))
            if before == after:
                continue
            is_tighter = before is None or (after is not None and sign * (after - before) > 0)
            effect: Effect = "narrowed" if is_tighter else "widened"
            yield Difference(effect=effect, route=route, detail=f"{key} {before} is {after} now")
    for key in _EXACT:
        if old.get(key) != new.get(key):
            effect = "widened" if new.get(key) is None else "narrowed"
            yield Difference(effect=effect, route=route, detail=f"{key} is another")
    before_open = old.get("additionalProperties", True)
    after_open = new.get("additionalProperties", True)
    if bool(before_open) != bool(after_open):
        effect = "widened" if after_open else "narrowed"
        word = "may" if after_open else "may not"
        yield Difference(effect=effect, route=route, detail=f"it {word} have other properties")


def _properties(old: JsonObject, new: JsonObject, route: tuple[str, ...]) -> Iterator[Difference]:
    before, after = _mapping(old.get("properties")), _mapping(new.get("properties"))
    needed_before, needed_after = _names(old.get("required")), _names(new.get("required"))
    for name in before:
        if name not in after:
            yield Difference(effect="gone", route=(*route, name))
    for name, schema in after.items():
        here = (*route, name)
        if name not in before:
            yield Difference(effect="new-required" if name in needed_after else "new", route=here)
            continue
        if name in needed_after and name not in needed_before:
            yield Difference(effect="required", route=here)
        if name in needed_before and name not in needed_after:
            yield Difference(effect="optional", route=here)
        yield from differences(_mapping(before[name]), _mapping(schema), here)


def _types_of(schema: JsonObject) -> frozenset[str]:
    given = schema.get("type")
    names = given if isinstance(given, list) else [given]
    found = frozenset(name for name in names if isinstance(name, str)) or _KINDS
    # Every integer is a number.
    return found | {"integer"} if "number" in found else found


def _named(schema: JsonObject) -> str:
    given = schema.get("type")
    names = given if isinstance(given, list) else [given]
    return " or ".join(str(name) for name in names if name is not None) or "any value"


def _names(value: Json) -> frozenset[str]:
    return (
        frozenset(name for name in value if isinstance(name, str))
        if isinstance(value, list)
        else frozenset()
    )


def _number(value: Json) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _mapping(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}
