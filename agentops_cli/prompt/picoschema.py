"""Picoschema to JSON Schema, with every mistake and where it stands.

Picoschema is dotprompt's short form (https://google.github.io/dotprompt/reference/picoschema):

    name: string, who is asking
    age?: integer
    tags(array, what it is about): string
    kind?(enum): [bug, feature]
    address: {city: string}
    scores(object): {(*): number}

As in dotprompt an object allows no other keys unless `(*)` says so, and what is optional may also
be null. Unlike there, only `type: object`, `type: array` or a mapping `properties` makes a schema
JSON Schema: `{type: string}` is one field that is called `type`.
"""

import re
from dataclasses import dataclass
from typing import Final

from agentops_cli.locate import Route
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.user_schema import SchemaProblem

SCALARS: Final = ("string", "number", "integer", "boolean", "null", "any")

_OTHER_NAMES: Final = {
    "str": "string",
    "text": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "none": "null",
    "list": "array",
    "dict": "object",
}

_WILDCARD: Final = "(*)"
_KEY = re.compile(
    r"(?P<name>[^?(),]+)(?P<optional>\?)?(?:\((?P<kind>\w+)(?:,(?P<about>.*))?\))?", re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """The JSON Schema of a Picoschema; only complete when there are no problems.

    `keys` gives for each name on the top level the key as it was written, `name?(enum)`.
    """

    schema: JsonObject
    problems: tuple[SchemaProblem, ...]
    keys: dict[str, str]


def is_json_schema(source: Json) -> bool:
    """True when a schema is JSON Schema already."""
    if not isinstance(source, dict):
        return False
    return source.get("type") in ("object", "array") or isinstance(source.get("properties"), dict)


def expand(source: Json) -> Expanded:
    """The JSON Schema of a Picoschema. Never raises; mistakes are listed."""
    expander = _Expander()
    schema = expander.expand(source, ())
    return Expanded(schema=schema, problems=tuple(expander.problems), keys=expander.top_keys)


class _Expander:
    def __init__(self) -> None:
        self.problems: list[SchemaProblem] = []
        self.top_keys: dict[str, str] = {}

    def expand(self, source: Json, route: Route) -> JsonObject:
        if isinstance(source, str):
            return self._scalar(source, route)
        if isinstance(source, dict):
            return self._object(source, route)
        fix = f"write a type ({', '.join(SCALARS)}) or a mapping"
        if source is None:
            # `{name: string, the name}` in braces is two keys, the second without a value.
            fix += "; a value in braces that holds a comma needs quotes"
        self._add(route, "a schema is a type or a mapping of fields", fix)
        return {}

    def _scalar(self, source: str, route: Route) -> JsonObject:
        kind, about = _described(source)
        if kind not in SCALARS:
            self._add(route, f"unknown type {kind!r}", _type_fix(kind))
            return {}
        schema: JsonObject = {} if kind == "any" else {"type": kind}
        return {**schema, "description": about} if about else schema

    def _object(self, source: JsonObject, route: Route) -> JsonObject:
        fields: JsonObject = {}
        required: list[Json] = []
        others: Json = False
        for key, value in source.items():
            here = (*route, key)
            if key == _WILDCARD:
                others = self.expand(value, here)
                continue
            parsed = self._key(key, here)
            if parsed is None:
                continue
            name = parsed["name"].strip()
            if name in fields:
                self._add(here, f"the field {name!r} is given twice", "remove one", on_key=True)
            fields[name] = self._field(parsed, value, here)
            if not parsed["optional"]:
                required.append(name)
            if not route:
                self.top_keys[name] = key
        schema: JsonObject = {"type": "object", "properties": fields}
        if required:
            schema["required"] = required
        return {**schema, "additionalProperties": others}

    def _key(self, key: str, route: Route) -> re.Match[str] | None:
        parsed = _KEY.fullmatch(key)
        if parsed is None:
            fix = "write name, name?, name(array), name?(enum, description)"
            if "(" in key or ")" in key:
                fix += "; in braces a key that holds a comma needs quotes"
            self._add(route, f"{key!r} is not a field", fix, on_key=True)
        return parsed

    def _field(self, parsed: re.Match[str], value: Json, route: Route) -> JsonObject:
        kind, about = parsed["kind"], (parsed["about"] or "").strip()
        schema: JsonObject = {}
        if kind == "array":
            schema = {"type": "array", "items": self.expand(value, route)}
        elif kind == "enum":
            schema = self._enum(value, route)
        elif kind == "object" and not isinstance(value, dict):
            self._add(route, "an object needs a mapping of fields", "write {field: type}")
        elif kind in (None, "object"):
            schema = self.expand(value, route)
        else:
            self._add(route, f"unknown kind {kind!r}", _kind_fix(kind), on_key=True)
        if about:
            schema = {**schema, "description": about}
        return _nullable(schema) if parsed["optional"] else schema

    def _enum(self, value: Json, route: Route) -> JsonObject:
        if not isinstance(value, list) or not value:
            self._add(route, "an enum needs a list of values", "write [first, second]")
            return {}
        if any(isinstance(item, dict | list) for item in value):
            self._add(route, "an enum holds texts, numbers, true, false or null", "flatten it")
        return {"enum": list(value)}

    def _add(self, route: Route, message: str, fix: str, *, on_key: bool = False) -> None:
        problem = SchemaProblem(route=route, message=message, fix=fix, on_key=on_key)
        self.problems.append(problem)


def _described(text: str) -> tuple[str, str]:
    """The type and the description of `type, description`."""
    kind, _, about = text.partition(",")
    return kind.strip(), about.strip()


def _nullable(schema: JsonObject) -> JsonObject:
    if "enum" in schema and isinstance(schema["enum"], list):
        values = schema["enum"]
        return {**schema, "enum": values if None in values else [*values, None]}
    if isinstance(schema.get("type"), str) and schema["type"] != "null":
        return {**schema, "type": [schema["type"], "null"]}
    return schema


def _type_fix(kind: str) -> str:
    import difflib  # Wanted by mistakes only.

    near = _OTHER_NAMES.get(kind.lower())
    if near in ("array", "object") or kind in ("array", "object", "enum"):
        word = near or kind
        example = {"array": "string", "object": "{field: type}", "enum": "[first, second]"}[word]
        return f"put it on the name: name({word}): {example}"
    near = near or next(iter(difflib.get_close_matches(kind, SCALARS, n=1)), None)
    return f"did you mean {near!r}?" if near else f"known types: {', '.join(SCALARS)}"


def _kind_fix(kind: str) -> str:
    import difflib  # As above.

    if kind in SCALARS:
        return f"write the type as the value: name: {kind}"
    near = difflib.get_close_matches(kind, ("array", "object", "enum"), n=1)
    return f"did you mean {near[0]!r}?" if near else "known kinds: array, object, enum"
