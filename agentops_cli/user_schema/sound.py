"""Whether a schema is sound: valid by its draft, and such that every value can be judged by it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from agentops_cli.locate import Route
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.user_schema.judge import NEWEST, draft_of, short, validator_of
from agentops_cli.user_schema.plain import is_plain
from agentops_cli.validate import shown

# Keywords that hold schemas: one, a list of them, or some by name.
_HOLD: Final = frozenset(
    {"additionalItems", "additionalProperties", "allOf", "anyOf", "contains", "contentSchema"}
    | {"else", "extends", "if", "items", "not", "oneOf", "prefixItems", "propertyNames", "then"}
    | {"unevaluatedItems", "unevaluatedProperties"}
)
_HOLD_BY_NAME: Final = frozenset(
    {"$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaProblem:
    """One mistake in a schema; `route` leads to it from the schema's root.

    `on_key` is True when the key at the end of the route is wrong, not its value.
    """

    route: Route
    message: str
    fix: str
    on_key: bool = False


def problems_of(schema: JsonObject) -> tuple[SchemaProblem, ...]:
    """What is wrong with a schema as such; empty when values can be judged by it."""
    return () if is_plain(schema) else _problems(json.dumps(schema))


@lru_cache(maxsize=64)
def _problems(text: str) -> tuple[SchemaProblem, ...]:
    """The problems of a schema, given as JSON: once for all the cases that share it."""
    schema: JsonObject = json.loads(text)
    dialect = schema.get("$schema", NEWEST)
    if not isinstance(dialect, str) or draft_of(dialect) is None:
        message = f"unknown dialect of JSON Schema: {shown(dialect)}"
        fix = f"write {NEWEST}, or leave it out"
        return (SchemaProblem(route=("$schema",), message=message, fix=fix),)
    # Drafts since 2019 say the same thing once for each vocabulary.
    mistakes = dict.fromkeys((*_malformed(schema, dialect), *_unusable(schema)))
    # Each question can be asked only where the answer to the one before it was good.
    return tuple(mistakes) or tuple(_bad_references(schema, dialect)) or tuple(_endless(text))


def _malformed(schema: JsonObject, dialect: str) -> Iterator[SchemaProblem]:
    from jsonschema.exceptions import best_match  # Loaded by `draft_of`; so is what is below.

    draft = draft_of(dialect)
    for error in draft(draft.META_SCHEMA).iter_errors(schema):
        reason = best_match([error])
        # A type is one word or a list of them; the first branch is about the word.
        reason = reason.context[0] if reason.context else reason
        yield SchemaProblem(
            route=tuple(error.absolute_path),
            message=f"not valid JSON Schema: {short(reason.message)}",
            fix="see https://json-schema.org/understanding-json-schema",
        )


def _unusable(schema: JsonObject) -> Iterator[SchemaProblem]:
    """What a draft allows, and what nothing can be judged by for certain."""
    from agentops_cli.user_schema.formats import UNCHECKED  # Plain schemas have no format.

    parts = list(_parts(schema, ()))
    has_patterns = any("patternProperties" in part for _, part in parts)
    for route, part in parts:
        if route and "$schema" in part:
            message = "the dialect is said once, on top"
            yield SchemaProblem(route=(*route, "$schema"), message=message, fix="remove it")
        if str(part.get("format")) in UNCHECKED:
            message = f"format {part['format']!r} cannot be checked, so it would accept anything"
            fix = "write a pattern in its place"
            yield SchemaProblem(route=(*route, "format"), message=message, fix=fix)
        if has_patterns and "unevaluatedProperties" in part:
            message = "beside patternProperties it would search names without a limit of time"
            where, fix = (*route, "unevaluatedProperties"), "write additionalProperties"
            yield SchemaProblem(route=where, message=message, fix=fix, on_key=True)
        yield from _bad_patterns(part, route)


def _bad_patterns(part: JsonObject, route: Route) -> Iterator[SchemaProblem]:
    from agentops_cli.expression import BadExpression, compile_expression  # As above: no pattern.

    pattern, by_pattern = part.get("pattern"), part.get("patternProperties")
    sources = [(pattern, (*route, "pattern"), False)] if isinstance(pattern, str) else []
    if isinstance(by_pattern, dict):
        sources += [(source, (*route, "patternProperties", source), True) for source in by_pattern]
    for source, where, on_key in sources:
        try:
            compile_expression(source)
        except BadExpression as error:
            fix = "mend the expression"
            yield SchemaProblem(route=where, message=str(error), fix=fix, on_key=on_key)


def _bad_references(schema: JsonObject, dialect: str) -> Iterator[SchemaProblem]:
    """References that lead to none of the schemas that have been looked at."""
    from referencing import Registry
    from referencing.jsonschema import specification_with

    create = specification_with(dialect).create_resource
    parts = dict(_parts(schema, ()))
    known = {id(part) for part in parts.values()}
    # What a reference means depends on the `$id` of the schemas around it: (), (key,), (key, name).
    resolvers: dict[Route, Any] = {(): Registry().resolver_with_root(create(schema))}
    for route, part in parts.items():
        outer = resolvers.get(route[:-1]) or resolvers[route[:-2]]
        try:
            resolvers[route] = outer.in_subresource(create(part))
        except ValueError as error:
            yield SchemaProblem(
                route=route, message=f"its id is no address: {error}", fix="mend it"
            )
            return
        for key in [key for key in ("$ref", "$dynamicRef") if key in part]:
            target = _target(str(part[key]), resolvers[route])
            if not isinstance(target, bool) and id(target) not in known:
                yield SchemaProblem(
                    route=(*route, key),
                    message=f"{key!r} leads nowhere in this schema: {short(str(part[key]))!r}",
                    fix="put that schema under $defs and write '#/$defs/name'; nothing is fetched",
                )


def _target(reference: str, resolver: Any) -> Json:
    from referencing.exceptions import Unresolvable

    try:
        target: Json = resolver.lookup(reference).contents
    except (Unresolvable, TypeError, ValueError):  # The last two: what is no address or no pointer.
        return None
    return target


def _endless(text: str) -> Iterator[SchemaProblem]:
    try:
        validator_of(text).is_valid(None)
    except RecursionError:
        message = "the schema refers to itself without end"
        fix = "let the reference stand under properties or items"
        yield SchemaProblem(route=(), message=message, fix=fix)


def _parts(schema: Json, route: Route) -> Iterator[tuple[Route, JsonObject]]:
    """Every schema in a schema, itself first, with its route."""
    if not isinstance(schema, dict):
        return
    yield route, schema
    for key, value in schema.items():
        if key in _HOLD_BY_NAME and isinstance(value, dict):
            for name, inner in value.items():
                yield from _parts(inner, (*route, key, name))
        elif key in _HOLD and isinstance(value, list):
            for index, inner in enumerate(value):
                yield from _parts(inner, (*route, key, index))
        elif key in _HOLD:
            yield from _parts(value, (*route, key))
