"""What differs between two JSON Schemas, as far as it matters to those who write or read values."""

from collections.abc import Iterator, Mapping
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
    "shifted",
    "other",
    "words",
]
"""What happened to a property, or to the values that it may have.

`type`: values of the one are not values of the other. `shifted`: the same, of a pattern, a format,
a constant. `other`: what a keyword says that is not understood here, so that it may be anything.
"""

_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT: Final = ("pattern", "format", "const", "multipleOf")
_WORDS: Final = ("description", "title", "examples", "$comment")
_KINDS: Final = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
_DEPTH: Final = 20
_NEARLY: Final = 1e-9
_BOTH: Final = frozenset({"items"})
_OPEN: Final = frozenset({"additionalProperties"})
_UNDERSTOOD: Final = frozenset(
    {
        *(*_LOWER, *_UPPER, *_EXACT, *_WORDS),
        *("type", "enum", "properties", "required", "uniqueItems"),
        *("$defs", "definitions", "$schema", "$id", "default", "deprecated"),
    }
)
"""Keywords of which more is said, or that say nothing of values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference: what, at which property, and what about it in words for people."""

    effect: Effect
    route: tuple[str, ...]
    detail: str = ""

    def sides(self, path: str) -> tuple[str | None, str | None]:
        """The path on each side, None on the one that has no such property."""
        is_gone, is_new = self.effect == "gone", self.effect in {"new", "new-required"}
        return None if is_new else path, None if is_gone else path


_IN_WORDS: Final[Mapping[Effect, str]] = {
    "gone": "is gone",
    "new": "is new",
    "new-required": "is new, and required",
    "required": "is required now",
    "optional": "is optional now",
    "narrowed": "takes less than before",
    "widened": "takes more than before",
    "type": "is of another type",
    "value-gone": "has one value less",
    "value-new": "has one value more",
    "shifted": "takes other values than before",
    "other": "may take other values than before",
    "words": "is described otherwise",
}


def said(difference: Difference) -> str:
    """A difference in words for people."""
    what = f"{'.'.join(difference.route)!r} " if difference.route else ""
    detail = f": {difference.detail}" if difference.detail else ""
    return f"{what}{_IN_WORDS[difference.effect]}{detail}"


def differences(
    old: JsonObject,
    new: JsonObject,
    route: tuple[str, ...] = (),
    *,
    within: tuple[JsonObject, JsonObject] | None = None,
) -> Iterator[Difference]:
    """The differences of two schemas and of all properties below them, references followed.

    Of parts of schemas, those are what they stand `within`.
    """
    yield from _Comparison(*(within or (old, new))).below(old, new, route)


class _Comparison:
    """Two whole schemas, in which references lead to what each has under that name."""

    def __init__(self, old: JsonObject, new: JsonObject) -> None:
        self._roots = old, new
        self._seen: set[tuple[Json, Json]] = set()

    def below(
        self, old: JsonObject, new: JsonObject, route: tuple[str, ...]
    ) -> Iterator[Difference]:
        """The differences of two parts of the schemas, and of what is below them."""
        if len(route) > _DEPTH:
            return
        names = old.get("$ref"), new.get("$ref")
        if any(isinstance(name, str) for name in names):
            if names in self._seen:
                return  # A schema that holds itself has been told of where it was first met.
            self._seen.add(names)
        one, other = (
            _behind(each, root) for each, root in zip((old, new), self._roots, strict=True)
        )
        yield from self._here(one, other, route)
        yield from self._others(one, other, route)
        if any(one.get(key) != other.get(key) for key in _WORDS):
            yield Difference(effect="words", route=route)

    def _here(
        self, old: JsonObject, new: JsonObject, route: tuple[str, ...]
    ) -> Iterator[Difference]:
        yield from _types(old, new, route)
        yield from _values(old, new, route)
        yield from _limits(old, new, route)
        yield from _properties(old, new, route)
        before, after = _mapping(old.get("properties")), _mapping(new.get("properties"))
        for name in after:
            if name in before:
                parts = _mapping(before[name]), _mapping(after[name])
                yield from self.below(*parts, (*route, name))
        items = _mapping(old.get("items")), _mapping(new.get("items"))
        if items[0] and items[1]:
            yield from self.below(*items, (*route, "[]"))

    def _others(
        self, old: JsonObject, new: JsonObject, route: tuple[str, ...]
    ) -> Iterator[Difference]:
        """Keywords that are only told to be others, with all that they refer to."""
        for key in dict.fromkeys((*old, *new)):
            if key in _UNDERSTOOD or key.startswith("x-"):
                continue
            was, now = old.get(key), new.get(key)
            if key in _BOTH and _mapping(was) and _mapping(now):
                continue
            if key in _OPEN and not isinstance(was, dict) and not isinstance(now, dict):
                continue
            if was != now or _referred(was, self._roots[0]) != _referred(now, self._roots[1]):
                yield Difference(effect="other", route=route, detail=f"{key} is another")


def _behind(schema: JsonObject, root: JsonObject) -> JsonObject:
    """The schema that a reference leads to, with what stands beside it; itself without one.

    A reference that leads nowhere here stays, and so is compared by its name.
    """
    for _ in range(_DEPTH):
        target = _target(schema.get("$ref"), root)
        if target is None:
            return schema
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def _target(name: Json, root: JsonObject) -> JsonObject | None:
    """What a JSON pointer of this document leads to (RFC 6901, as a fragment)."""
    if not isinstance(name, str) or not name.startswith("#"):
        return None
    part: Json = root
    for step in filter(None, name[1:].split("/")):
        key = step.replace("~1", "/").replace("~0", "~")
        part = part.get(key) if isinstance(part, dict) else None
    return part if isinstance(part, dict) else None


def _referred(value: Json, root: JsonObject) -> dict[str, Json]:
    """All that a value refers to, also through others."""
    found: dict[str, Json] = {}
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, list):
            left += part
        elif isinstance(part, dict):
            left += part.values()
            name = part.get("$ref")
            if isinstance(name, str) and name not in found:
                found[name] = _target(name, root)
                left.append(found[name])
    return found


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
            yield Difference(
                effect=_of_exact(key, old.get(key), new.get(key)),
                route=route,
                detail=f"{key} is another",
            )
    if bool(old.get("uniqueItems")) != bool(new.get("uniqueItems")):
        effect = "narrowed" if new.get("uniqueItems") else "widened"
        yield Difference(effect=effect, route=route, detail="uniqueItems is another")
    before_open = old.get("additionalProperties", True)
    after_open = new.get("additionalProperties", True)
    if bool(before_open) != bool(after_open):
        effect = "widened" if after_open else "narrowed"
        word = "may" if after_open else "may not"
        yield Difference(effect=effect, route=route, detail=f"it {word} have other properties")


def _of_exact(key: str, before: Json, after: Json) -> Effect:
    """What another pattern, format, constant or step means for the values."""
    if before is None or after is None:
        return "narrowed" if before is None else "widened"
    old, new = _number(before), _number(after)
    if key == "multipleOf" and old and new:
        # Both are decimal fractions in the file, which binary ones are not quite.
        if _is_whole(new / old):
            return "narrowed"
        if _is_whole(old / new):
            return "widened"
    return "shifted"


def _is_whole(ratio: float) -> bool:
    return abs(ratio - round(ratio)) < _NEARLY


def _properties(old: JsonObject, new: JsonObject, route: tuple[str, ...]) -> Iterator[Difference]:
    before, after = _mapping(old.get("properties")), _mapping(new.get("properties"))
    needed_before, needed_after = _names(old.get("required")), _names(new.get("required"))
    for name in before:
        if name not in after:
            yield Difference(effect="gone", route=(*route, name))
    for name in after:
        here = (*route, name)
        if name not in before:
            yield Difference(effect="new-required" if name in needed_after else "new", route=here)
            continue
        if name in needed_after and name not in needed_before:
            yield Difference(effect="required", route=here)
        if name in needed_before and name not in needed_after:
            yield Difference(effect="optional", route=here)


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
