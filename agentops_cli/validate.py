"""JSON Schema over a located document: every mistake as a finding with its place and its fix.

The schema files are also what editors and `agentops schema` show, so a key has one description:
its `description` is what a missing or mistyped key is explained with. A property that carries
`x-notYet` is known, but its machinery is not in this version; it is refused, never ignored.

A compiled validator decides whether a document is valid at all; only an invalid one pays for
`jsonschema`, which finds all mistakes.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from agentops_cli.locate import Document, Route
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject

_FOLDER = Path(__file__).parent / "schemas"

_NOT_BLANK = r"\S"

_BOUNDS = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most"}

COMPILER_OPTIONS = {"use_default": False, "detailed_exceptions": False}
"""The compiler's own messages are never shown; without their details it is four times as fast."""

MOST_PROBLEMS = 200
"""How many mistakes of one document are explained; explaining one may take a millisecond."""

TYPE_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "empty",
}


def schema_names() -> tuple[str, ...]:
    """The names that `agentops schema` knows."""
    return tuple(sorted(path.name.split(".")[0] for path in _FOLDER.glob("*.schema.json")))


def schema_text(name: str) -> str:
    """The shipped schema file of a name from `schema_names`."""
    return (_FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")


@cache
def schema(name: str) -> JsonObject:
    """The shipped schema of a name, parsed; shared, so never changed by callers."""
    loaded: JsonObject = json.loads(schema_text(name))
    return loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A finding and the route of the value that it is about.

    `absent` is True when the value at the route lacks something, rather than being wrong itself.
    `keyword` is the word of the schema that is not obeyed, "" where it was no one word; `wanted`
    are the types that it allows.
    """

    route: Route
    finding: Finding
    absent: bool = False
    keyword: str = ""
    wanted: tuple[str, ...] = ()


def check(document: Document, name: str) -> tuple[Finding, ...]:
    """Every way in which a document departs from a shipped schema; empty when it is valid."""
    return tuple(problem.finding for problem in problems(document, name))


def problems(document: Document, name: str) -> tuple[Problem, ...]:
    """The same with the routes, for a reader that goes on with what is left.

    After `MOST_PROBLEMS` of them the last is about the whole document: nothing is left.
    """
    infinite = tuple(not_finite(document))
    if _accepts(_compiled(name), document.data):
        return infinite
    told = {problem.route for problem in infinite}
    explained = _explain(document, schema(name), document.data, ())
    return (*infinite, *(problem for problem in explained if problem.route not in told))


def not_finite(document: Document) -> Iterator[Problem]:
    """Infinity and "not a number", which YAML knows and a schema's comparisons let pass."""
    for route, number in () if document.all_finite else _infinities(document.data, ()):
        finding = Finding(
            rule="bad-value",
            message=f"{_name(route)} must be a finite number, not {number}",
            location=document.key_at(route),
            fix="write a number",
        )
        yield Problem(route=route, finding=finding, keyword="maximum")


def _infinities(value: Json, route: Route) -> Iterator[tuple[Route, float]]:
    if isinstance(value, float) and not math.isfinite(value):
        yield route, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _infinities(part, (*route, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _infinities(part, (*route, index))


def check_part(
    document: Document,
    data: Json,
    against: JsonObject,
    route: Route,
    *,
    compiled: str | None = None,
) -> tuple[Finding, ...]:
    """The same for data that stands at `route` of the document, against any schema.

    `compiled` names the compiled form of the schema, where one ships.
    """
    if _accepts(_compiled(compiled) if compiled else _compiled_part(against), data):
        return ()
    return tuple(problem.finding for problem in _explain(document, against, data, route))


def without(data: Json, *routes: Route) -> Json:
    """A copy of the data that lacks the values at the routes, made in one pass.

    What it shares is not copied.
    """
    if () in routes:
        return None
    below: dict[str | int, list[Route]] = {}
    for route in routes:
        below.setdefault(route[0], []).append(route[1:])
    if not below:
        return data
    if isinstance(data, dict):
        return {
            key: without(value, *below[key]) if key in below else value
            for key, value in data.items()
            if () not in below.get(key, ())
        }
    if isinstance(data, list):
        # A list keeps its length: the routes of the items after it stay right.
        return [without(value, *below.get(index, ())) for index, value in enumerate(data)]
    return data


def shown(value: Json) -> str:
    """A value as an author would recognize it, short."""
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _compiled_part(against: JsonObject) -> Callable[[Json], Any]:
    # Kept with its schema, so that the id stays its own: dictionaries have no hash.
    if id(against) not in _parts:
        _parts[id(against)] = (against, _compile(against))
    return _parts[id(against)][1]


_parts: dict[int, tuple[JsonObject, Callable[[Json], Any]]] = {}


@cache
def _compiled(name: str) -> Callable[[Json], Any]:
    # Written beforehand by docs/schemas.py: compiling takes longer than all else of a short run.
    validator: Callable[[Json], Any] = import_module(f"agentops_cli.schemas.{name}").VALIDATOR
    return validator


def _compile(against: JsonObject) -> Callable[[Json], Any]:
    import fastjsonschema  # Late: most that is ever checked was compiled beforehand.

    # Compiling rewrites references in place, so it gets a copy.
    validator: Callable[[Json], Any] = fastjsonschema.compile(deepcopy(against), **COMPILER_OPTIONS)
    return validator


def _accepts(validator: Callable[[Json], Any], data: Json) -> bool:
    try:
        validator(data)
    except ValueError:
        return False
    return True


def _explain(document: Document, against: JsonObject, data: Json, base: Route) -> Iterator[Problem]:
    from jsonschema import Draft7Validator  # 0.2 s: paid by invalid documents only.

    found = (
        problem
        for error in Draft7Validator(against).iter_errors(data)
        for problem in _problems(document, error, base)
    )
    yield from islice(found, MOST_PROBLEMS)
    if next(found, None) is not None:
        finding = Finding(
            rule="too-many-mistakes",
            message=f"there are more than {MOST_PROBLEMS} mistakes; the others are not listed",
            location=document.at(base),
            fix="mend these, then check again",
        )
        yield Problem(route=base, finding=finding)


def _problems(document: Document, error: Any, base: Route) -> Iterator[Problem]:
    route = (*base, *error.absolute_path)
    if not isinstance(error.schema, Mapping):
        return
    if "x-notYet" in error.schema:
        finding = Finding(
            rule="not-supported-yet",
            message=f"{_name(route)} is not supported yet: {error.schema['x-notYet']}",
            location=document.key_at(route),
            fix="remove it until a version supports it",
        )
        yield Problem(route=route, finding=finding)
    elif error.validator in {"anyOf", "oneOf"} and error.context:
        yield from _branch(document, error, base)
    elif error.validator == "additionalProperties":
        yield from _unknown_keys(document, error, route, error.schema.get("properties", {}))
    elif error.validator == "required":
        yield from _missing_keys(document, error, route)
    elif error.validator != "not":
        finding = _plain(document, error, route)
        keyword = str(error.validator)
        wanted = tuple(_as_list(error.validator_value)) if keyword == "type" else ()
        yield Problem(route=route, finding=finding, keyword=keyword, wanted=wanted)


def _branch(document: Document, error: Any, base: Route) -> Iterator[Problem]:
    """Explains an `anyOf` by the one branch that the author meant, or by naming the choices."""
    branches: dict[int, list[Any]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    meant = [
        errors
        for errors in branches.values()
        if not any(e.validator == "type" and not e.relative_path for e in errors)
    ]
    route = (*base, *error.absolute_path)
    if not meant:
        wanted = " or ".join(_wanted(error.validator_value))
        finding = Finding(
            rule="wrong-type",
            message=f"{_name(route)} must be {wanted}, not {shown(error.instance)}",
            location=document.at(route),
            fix=_hint(error.schema),
        )
        yield Problem(route=route, finding=finding, keyword="type")
        return
    unknown = [e for errors in meant for e in errors if e.validator == "additionalProperties"]
    if len(unknown) == len(meant) > 1:
        # Whichever branch is meant, a key that none of them knows is what is wrong.
        known = {key: part for e in unknown for key, part in e.schema["properties"].items()}
        place = (*base, *unknown[0].absolute_path)
        if told := list(_unknown_keys(document, unknown[0], place, known)):
            yield from told
            return
    for inner in min(meant, key=len):
        yield from _problems(document, inner, base)


def _unknown_keys(
    document: Document, error: Any, route: Route, properties: Mapping[str, Any]
) -> Iterator[Problem]:
    import difflib  # Wanted by mistakes only.

    known = sorted(
        key
        for key, value in properties.items()
        if not (isinstance(value, Mapping) and "x-notYet" in value)
    )
    for key in error.instance:
        if key in properties:
            continue
        near = [k for k in known if k.lower() == key.lower()] or difflib.get_close_matches(
            key, known, n=1, cutoff=0.7
        )
        finding = Finding(
            rule="unknown-key",
            message=f"unknown key {key!r}",
            location=document.key_at((*route, key)),
            fix=f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}",
        )
        yield Problem(route=(*route, key), finding=finding)


def _missing_keys(document: Document, error: Any, route: Route) -> Iterator[Problem]:
    # jsonschema reports one error for each missing key, but names it in the message only.
    for key in error.validator_value:
        if key not in error.instance and f"{key!r}" in error.message:
            hint = _hint(error.schema.get("properties", {}).get(key, {}))
            finding = Finding(
                rule="missing-key",
                message=f"missing key {key!r}",
                location=document.at(route),
                fix=f"add {key!r}: {hint}" if hint else f"add {key!r}",
            )
            yield Problem(route=route, finding=finding, absent=True)


def _plain(document: Document, error: Any, route: Route) -> Finding:
    import difflib  # As above.

    value, limit = error.instance, error.validator_value
    fix = _hint(error.schema)
    rule = "bad-value"
    match error.validator:
        case "type":
            rule = "wrong-type"
            wanted = " or ".join(TYPE_WORDS.get(t, t) for t in _as_list(limit))
            message = f"must be {wanted}, not {shown(value)}"
            written = document.text_at(route)
            if "string" in _as_list(limit) and written is not None:
                fix = f'put it in quotes: "{written}"' if written else fix
        case "enum":
            near = difflib.get_close_matches(str(value), [str(v) for v in limit], n=1)
            choices = ", ".join(str(choice) for choice in limit)
            message = f"must be one of {choices}, not {shown(value)}"
            fix = f"did you mean {near[0]!r}?" if near else fix
        case "minLength":
            message = "must not be empty"
            fix = _value_or_nothing(fix)
        case "pattern" if limit == _NOT_BLANK:
            message = "must not be blank"
            fix = _value_or_nothing(fix)
        case "minItems" | "minProperties":
            message = "must not be empty" if limit == 1 else f"needs at least {limit} items"
        case "minimum" | "exclusiveMinimum" | "maximum":
            message = f"must be {_BOUNDS[error.validator]} {limit}, not {value}"
        case "pattern":
            message = f"has not the right form: {shown(value)}"
        case _:
            message = str(error.message)
    return Finding(
        rule=rule, message=f"{_name(route)} {message}", location=document.at(route), fix=fix
    )


def _wanted(branches: list[JsonObject]) -> list[str]:
    words = []
    for branch in branches:
        title, kind = branch.get("title"), branch.get("type")
        words.append(str(title) if title else TYPE_WORDS.get(str(kind), "another shape"))
    return list(dict.fromkeys(words))


def _value_or_nothing(hint: str | None) -> str:
    return f"give it a value, or remove it{f': {hint}' if hint else ''}"


def _hint(part: Any) -> str | None:
    return part.get("description") if isinstance(part, Mapping) else None


def _name(route: Route) -> str:
    """The last key of a route, with its index when it is an item of a list."""
    if not route:
        return "the document"
    if isinstance(route[-1], int):
        keys = [step for step in route if isinstance(step, str)]
        return f"item {route[-1] + 1} of {keys[-1]!r}" if keys else f"item {route[-1] + 1}"
    return repr(route[-1])


def _as_list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
