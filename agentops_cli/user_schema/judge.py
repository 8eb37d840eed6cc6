"""Values judged by sound schemas: the drafts of `jsonschema`, with searches that end.

Its own search with `re`: a value that a model chose, or a pattern that a stranger did, could stop
the process for hours. Nor is anything fetched.
"""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.user_schema.plain import is_plain, misfits

if TYPE_CHECKING:  # 60 ms: paid by schemas that are not plain.
    from jsonschema.exceptions import ValidationError

NEWEST: Final = "https://json-schema.org/draft/2020-12/schema"


def misfit(schema: JsonObject, value: Json, name: str) -> str | None:
    """Why a value does not fit a sound schema, in the words of an author; None when it does.

    Only the first reason; `name` is what the value is called in it.
    """
    if is_plain(schema):
        return next(misfits(schema, value, name), None)
    try:
        error = next(errors_of(schema, value), None)
    except (OverflowError, RecursionError, TimeoutError) as why:
        return f"{name!r} cannot be judged: {why}"
    if error is None:
        return None
    return f"{name + error.json_path[1:]!r} does not fit its schema: {short(error.message)}"


def errors_of(schema: JsonObject, value: Json) -> Iterator["ValidationError"]:
    """Every mistake of a value by a sound schema, as `jsonschema` explains it.

    Raises `RecursionError` for a value that nests too deeply, `OverflowError` for a number that is
    too large, `TimeoutError` where a search takes too long: whether it fits is then not known.
    """
    from jsonschema.exceptions import best_match

    try:
        for error in validator_of(json.dumps(schema)).iter_errors(value):
            # Of an anyOf that failed, the mistake in the branch that came closest says more.
            yield best_match([error]) or error
    except RecursionError:
        raise RecursionError("it is nested too deeply for its schema") from None
    except OverflowError:
        raise OverflowError("it holds a number that is too large for its schema") from None


@lru_cache(maxsize=64)
def validator_of(text: str) -> Any:
    """The validator of a sound schema, given as JSON: once for all the values that it judges."""
    from referencing import Registry

    from agentops_cli.user_schema.formats import format_checker  # As the others: not plain.

    schema: JsonObject = json.loads(text)
    # With its dialect in it, each reference to the top would bring back jsonschema's own searches.
    draft = draft_of(str(schema.pop("$schema", NEWEST)))
    # A registry of its own, and an empty one: the default would fetch what a `$ref` names.
    return draft(schema, registry=Registry(), format_checker=format_checker())


@lru_cache(maxsize=16)
def draft_of(dialect: str) -> Any:
    """The validator class of a dialect, its searches bounded in time; None when it is unknown."""
    from jsonschema.validators import extend, validator_for

    # Its stub does not know that the default may be anything.
    choose: Any = validator_for
    try:
        draft = choose({"$schema": dialect}, default=None)
    except ValueError:  # It is no address at all.
        return None
    if draft is None:
        return None
    others = partial(_additional_properties, draft.VALIDATORS["additionalProperties"])
    bounded = {"pattern": _pattern, "patternProperties": _pattern_properties}
    return extend(draft, {**bounded, "additionalProperties": others})  # type: ignore[no-untyped-call] # the stub has no types


def short(text: str) -> str:
    """A message of `jsonschema`, which quotes whole values, at a length that can be read."""
    return text if len(text) <= 200 else f"{text[:199]}…"


def _pattern(_: object, source: str, value: Json, __: object) -> Iterator["ValidationError"]:
    from jsonschema.exceptions import ValidationError

    from agentops_cli.expression import compile_expression

    if isinstance(value, str) and not compile_expression(source).matches(value):
        yield ValidationError(f"{value!r} does not match {source!r}")


def _pattern_properties(
    validator: Any, schemas: JsonObject, value: Json, _: object
) -> Iterator["ValidationError"]:
    members = value if isinstance(value, dict) else {}
    for source, schema in schemas.items():
        for name in _named(members, (source,)):
            yield from validator.descend(members[name], schema, path=name, schema_path=source)


def _additional_properties(
    judge: Any, validator: Any, others: Json, value: Json, schema: JsonObject
) -> Iterator["ValidationError"]:
    """What the draft has, without the names that a pattern knows and without the patterns."""
    by_pattern = schema.get("patternProperties")
    if isinstance(value, dict) and isinstance(by_pattern, dict):
        named = set(_named(value, by_pattern))
        value = {name: item for name, item in value.items() if name not in named}
        schema = {key: part for key, part in schema.items() if key != "patternProperties"}
    yield from judge(validator, others, value, schema)


def _named(value: JsonObject, sources: Iterable[str]) -> Iterator[str]:
    """The keys of an object in which one of the patterns is found."""
    from agentops_cli.expression import compile_expression

    expressions = [compile_expression(source) for source in sources]
    return (name for name in value if any(one.matches(name) for one in expressions))
