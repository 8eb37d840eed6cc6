"""JSON Schema for one value: whether the schema is sound, and whether a value fits it.

The keywords that Picoschema expands to are judged here, in microseconds and without `jsonschema`.
A schema that uses others is judged by `jsonschema`, with nothing to fetch other schemas with: a
prompt from a stranger must not make this process call an address.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from agentops_cli.assertions.expression import BadExpression, compile_source
from agentops_cli.assertions.verdict import CannotTell
from agentops_cli.locate import Route
from agentops_cli.model.json import Json, JsonObject

_WORDS: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "empty",
}

_JUDGED: Final = {"type", "enum", "items", "properties", "required", "additionalProperties"}
_SAID: Final = {"$comment", "title", "description", "default", "examples"}
_PLAIN: Final = frozenset(_JUDGED | _SAID)
_DATA: Final = frozenset({"const", "default", "enum", "examples"})
"""Keywords whose values are data, in which `$ref` is only a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaProblem:
    """One mistake in a schema; `route` leads to it from the schema's root.

    `on_key` is True when the key at the end of the route is wrong, not its value.
    """

    route: Route
    message: str
    fix: str | None
    on_key: bool = False


def problems_of(schema: JsonObject) -> tuple[SchemaProblem, ...]:
    """What is wrong with a JSON Schema as such; empty when values can be judged by it."""
    if _is_plain(schema):
        return ()
    # Each question can be asked only where the answer to those before it was good.
    return (
        tuple(_unknown_dialects(schema))
        # Drafts since 2019 say the same thing once for each vocabulary.
        or tuple(dict.fromkeys((*_malformed(schema), *_bad_patterns(schema))))
        or tuple(_bad_references(schema))
        or tuple(_endless(schema))
    )


def misfit(schema: JsonObject, value: Json, name: str) -> str | None:
    """Why a value does not fit a sound schema, in the words of an author; None when it does.

    Only the first reason; `name` is what the value is called in it.
    """
    if _is_plain(schema):
        return next(_misfits(schema, value, name), None)
    return _jsonschema_misfit(schema, value, name)


def _is_plain(schema: Json) -> bool:
    """True when the schema is well formed and uses only keywords that `_misfits` judges."""
    if not isinstance(schema, dict):
        return isinstance(schema, bool)
    kinds = schema.get("type", [])
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    return (
        schema.keys() <= _PLAIN
        and all(kind in _WORDS for kind in ([kinds] if isinstance(kinds, str) else _list(kinds)))
        and isinstance(kinds, str | list)
        and isinstance(schema.get("enum", []), list)
        and isinstance(required, list)
        and all(isinstance(name, str) for name in required)
        and isinstance(properties, dict)
        and all(map(_is_plain, properties.values()))
        and _is_plain(schema.get("items", True))
        and _is_plain(schema.get("additionalProperties", True))
    )


def _misfits(schema: Json, value: Json, name: str) -> Iterator[str]:
    if not isinstance(schema, dict):
        if schema is False:
            yield f"{name!r} is not allowed"
        return
    kinds = schema.get("type")
    if kinds is not None and not any(_is(value, kind) for kind in _list(kinds)):
        wanted = " or ".join(_WORDS[str(kind)] for kind in _list(kinds))
        yield f"{name!r} must be {wanted}, not {_shown(value)}"
    choices = schema.get("enum")
    if isinstance(choices, list) and not any(_same(value, choice) for choice in choices):
        yield f"{name!r} must be one of {', '.join(map(_shown, choices))}, not {_shown(value)}"
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _misfits(schema.get("items", True), item, f"{name}[{index}]")
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
            yield from _misfits(known.get(key, others), item, f"{name}.{key}")


def _is(value: Json, kind: Json) -> bool:
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return not isinstance(value, bool) and (
                isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            )
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list)
        case _:
            return isinstance(value, dict)


def _same(one: Json, other: Json) -> bool:
    """Equality as JSON has it: 1 is 1.0, but true is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _unknown_dialects(schema: JsonObject) -> Iterator[SchemaProblem]:
    """Each `$schema` that is not that of a draft, or not at the top."""
    from jsonschema.validators import validator_for  # As below.

    for route, key, value in _keywords(schema, ()):
        is_top = len(route) == 1
        if key != "$schema" or not (is_top or isinstance(value, str)):
            continue
        # Its stub does not know that the default may be anything.
        draft_of: Any = validator_for
        if not (is_top and isinstance(value, str) and draft_of({"$schema": value}, default=None)):
            yield SchemaProblem(
                route=route,
                message=f"no dialect of JSON Schema is expected here: {_shown(value)}",
                fix="write https://json-schema.org/draft/2020-12/schema on top, or leave it out",
            )


def _malformed(schema: JsonObject) -> Iterator[SchemaProblem]:
    from jsonschema.exceptions import best_match  # As below.

    draft = _draft_of(schema)
    for error in draft(draft.META_SCHEMA).iter_errors(schema):
        reason = best_match([error])
        # A type is one word or a list of them; the first branch is about the word.
        reason = reason.context[0] if reason.context else reason
        yield SchemaProblem(
            route=tuple(error.absolute_path),
            message=f"not valid JSON Schema: {_short(reason.message)}",
            fix="see https://json-schema.org/understanding-json-schema",
        )


def _bad_patterns(schema: JsonObject) -> Iterator[SchemaProblem]:
    for here, key, value in _keywords(schema, ()):
        if key == "pattern" and isinstance(value, str):
            yield from _bad_pattern(value, here, on_key=False)
        if key == "patternProperties" and isinstance(value, dict):
            for source in value:
                yield from _bad_pattern(source, (*here, source), on_key=True)


def _bad_pattern(source: str, route: Route, *, on_key: bool) -> Iterator[SchemaProblem]:
    try:
        compile_source(source)
    except BadExpression as error:
        yield SchemaProblem(
            route=route, message=str(error), fix="mend the expression", on_key=on_key
        )


def _bad_references(schema: JsonObject) -> Iterator[SchemaProblem]:
    from referencing import Registry, Resource  # As below.
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    resource: Resource[Any] = Resource.from_contents(schema, default_specification=DRAFT202012)
    resolver = Registry().resolver_with_root(resource)
    for here, key, value in _keywords(schema, ()):
        if key not in {"$ref", "$dynamicRef"} or not isinstance(value, str):
            continue
        try:
            resolver.lookup(value)
        except Unresolvable:
            yield SchemaProblem(
                route=here,
                message=f"{key!r} leads nowhere in this schema: {_short(value)!r}",
                fix="put that schema under $defs and write '#/$defs/name'; nothing is fetched",
            )


def _endless(schema: JsonObject) -> Iterator[SchemaProblem]:
    try:
        _validator_of(schema).is_valid(None)
    except RecursionError:
        message = "the schema refers to itself without end"
        fix = "let the reference stand under properties or items"
        yield SchemaProblem(route=(), message=message, fix=fix)


def _keywords(schema: Json, route: Route) -> Iterator[tuple[Route, str, Json]]:
    """Every key of a schema and of what is in it, with its route; data in it is left out."""
    items = enumerate(schema) if isinstance(schema, list) else ()
    for index, item in items:
        yield from _keywords(item, (*route, index))
    for key, value in schema.items() if isinstance(schema, dict) else ():
        yield (*route, key), key, value
        if key not in _DATA:
            yield from _keywords(value, (*route, key))


def _jsonschema_misfit(schema: JsonObject, value: Json, name: str) -> str | None:
    from jsonschema.exceptions import best_match  # As below.

    try:
        error = best_match(_validator_of(schema).iter_errors(value))
    except RecursionError:
        return f"{name!r} cannot be judged: it nests too deeply"
    except CannotTell as reason:
        return f"{name!r} cannot be judged: {reason}"
    if error is None:
        return None
    steps = error.absolute_path
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return f"{name + where!r} does not fit its schema: {_short(error.message)}"


def _validator_of(schema: JsonObject) -> Any:
    from referencing import Registry  # As below.

    # A registry of its own, and an empty one: the default would fetch what a `$ref` names.
    return _draft_of(schema)(schema, registry=Registry())


def _draft_of(schema: JsonObject) -> Any:
    """The validator class for a schema, 2020-12 unless it names another."""
    from jsonschema import Draft202012Validator  # 60 ms: paid by schemas that need it only.
    from jsonschema.validators import validator_for

    return _bounded(validator_for(schema, default=Draft202012Validator))


@cache
def _bounded(draft: Any) -> Any:
    """A draft whose `pattern` gives up on searches that would not end."""
    from jsonschema.validators import extend  # As above.

    return extend(draft, {"pattern": _pattern})  # type: ignore[no-untyped-call] # the stub has no types


def _pattern(_: object, source: str, value: Json, __: object) -> Iterator[Any]:
    from jsonschema import ValidationError  # Loaded long before the first search.

    if isinstance(value, str) and not compile_source(source).matches(value):
        yield ValidationError(f"{_shown(value)} does not match {source!r}")


def _shown(value: Json) -> str:
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return _short(json.dumps(value, ensure_ascii=False), 60)


def _short(text: str, length: int = 200) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
