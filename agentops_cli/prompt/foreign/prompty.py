"""Microsoft's Prompty, of both generations: `*.prompty`.

Source: https://prompty.ai and the readers of prompty 0.1.50 and 2.1.0 (PyPI), verified 2026-11-24.
A role line may be indented, may hold attributes in brackets, and counts in a code fence too.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Final

from agentops_cli.locate import Route
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.prompt import PromptInput, Role
from agentops_cli.prompt.foreign.messages import ROLES
from agentops_cli.prompt.foreign.sheet import Aliases, Sheet, items, mapping, sampling_in
from agentops_cli.prompt.passages import passages_between
from agentops_cli.prompt.roles import without_jinja
from agentops_cli.prompt.source import Engine, Kind, PromptFile, Stored

_OPTIONS: Final[Route] = ("model", "options")
_PARAMETERS: Final[Route] = ("model", "parameters")
_ALIASES: Final[Aliases] = {
    "model": [
        ("model", "id"),
        ("model", "configuration", "azure_deployment"),
        ("model", "configuration", "name"),
        ("model", "configuration", "model_name"),
        ("model", "configuration", "model"),
        ("model", "connection", "azure_deployment"),
    ],
    "tags": [("tags",), ("metadata", "tags")],
    "tools": [("tools",), (*_PARAMETERS, "tools")],
    **sampling_in(_OPTIONS, _PARAMETERS),
}

ROLE_LINE: Final = re.compile(
    r"^[ \t]*#?[ \t]*(?P<role>system|user|assistant|developer|function|tool)[ \t]*"
    r"(?:\[[^\]\n]*\])?[ \t]*:[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)

_KINDS: Final[Mapping[str, JsonObject]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "float": {"type": "number"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "array": {"type": "array"},
    "list": {"type": "array"},
    "object": {"type": "object"},
    "thread": {"type": "array"},
    "union": {},
    "any": {},
    "image": {},
    "audio": {},
    "file": {},
}
"""What the kinds of the second generation and the types of the first are in JSON Schema."""

_TYPES: Final[Mapping[type, JsonObject]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
}
_OF_A_PROPERTY: Final = frozenset(
    ("kind", "type", "default", "required", "is_required", "description", "example", "sample")
)


def read(stored: Stored, *, path: str, kind: Kind) -> PromptFile:
    """Reads a file of Prompty; never fails."""
    sheet = Sheet.of_markdown(stored, path, kind)
    meta, routes = sheet.named(_ALIASES)
    _output(sheet, meta, routes)
    inputs, defaults = _inputs(sheet)
    body = sheet.parts.body_start if sheet.parts else 0
    if not sheet.text[body:].strip():
        fix = "write the prompt below the second '---'" if sheet.data else "write the prompt"
        sheet.add_at("empty-body", "the prompt has no text", max(body - 1, 0), fix)
    return sheet.file(
        engine=engine_of(sheet.data),
        meta=meta,
        routes=routes,
        passages=passages_between(sheet.text, body, role_lines(sheet.text, body), first="system"),
        inputs=inputs,
        defaults=defaults,
    )


def role_lines(text: str, body: int) -> Iterator[tuple[Role, int, int]]:
    """The role lines of the text from `body` on: where each begins and where the next line does."""
    plain = without_jinja(text[body:]) if "{" in text else text[body:]
    for found in ROLE_LINE.finditer(plain):
        start, end = body + found.start(), body + found.end()
        yield ROLES[found["role"].lower()], start, min(end + 1, len(text))


def engine_of(data: Mapping[str, Json]) -> Engine:
    """The language of the template; Jinja where the file does not say."""
    template = data.get("template")
    given = mapping(template).get("format", mapping(template).get("type", template))
    name = mapping(given).get("kind", given)
    return "mustache" if isinstance(name, str) and name.lower() == "mustache" else "jinja2"


def _inputs(sheet: Sheet) -> tuple[dict[str, PromptInput] | None, dict[str, Json]]:
    """The variables: declared, or known from a sample. None where another file has them."""
    given, sample = sheet.data.get("inputs"), sheet.data.get("sample")
    if isinstance(given, str) or isinstance(sample, str) or (given is None and sample is None):
        return None, {}
    found: dict[str, PromptInput] = {}
    defaults: dict[str, Json] = {}
    for name, part, route in _properties(sheet, "inputs"):
        has_default = part.get("default") is not None
        asked = part.get("required", part.get("is_required"))
        found[name] = sheet.input(
            name,
            _schema(sheet, part, route),
            route,
            required=asked is not False and not has_default,
        )
        if has_default:
            defaults[name] = part["default"]
            sheet.check_default(found[name], part["default"], (*route, "default"))
    for name in mapping(sample):
        if name not in found:
            found[name] = sheet.input(name, {}, ("sample", name), required=True)
    return found, defaults


def _properties(sheet: Sheet, key: str) -> Iterator[tuple[str, JsonObject, Route]]:
    """The properties below a key, with where each stands: a list, or a mapping by their names.

    A plain value is an example, and tells the type.
    """
    given = sheet.data.get(key)
    for index, item in enumerate(items(given)):
        route: Route = (key, index)
        name = mapping(item).get("name")
        if isinstance(name, str) and name:
            yield name, mapping(item), route
        else:
            sheet.add("wrong-type", "the property has no 'name'", route, "add name: …")
    for name, value in mapping(given).items():
        if isinstance(value, dict) and (not value or _OF_A_PROPERTY & value.keys()):
            yield name, value, (key, name)
        else:
            schema = _TYPES.get(type(value), {})
            yield name, {"kind": schema.get("type", "any")}, (key, name)
    if given is not None and not isinstance(given, list | dict | str):
        fix = "write {name: {kind: string}}"
        sheet.add("wrong-type", f"{key!r} must be a list or a mapping, not this", (key,), fix)


def _schema(sheet: Sheet, part: JsonObject, route: Route) -> JsonObject:
    """The JSON Schema of a property."""
    key = "kind" if "kind" in part else "type"
    kind = part.get(key)
    schema: JsonObject = {}
    if isinstance(kind, str):
        known = _KINDS.get(kind.lower())
        if known is None:
            near = difflib.get_close_matches(kind.lower()[:20], _KINDS, n=1)
            if near:
                message, fix = f"unknown kind {kind!r}", f"did you mean {near[0]!r}?"
                sheet.add("bad-schema", message, (*route, key), fix)
        schema = dict(known or {})
    values = part.get("enumValues", part.get("enum"))
    if isinstance(values, list) and values and part.get("allowOtherValues") is not True:
        schema["enum"] = values
    if schema.get("type") == "array" and isinstance(part.get("items"), dict):
        schema["items"] = _schema(sheet, mapping(part["items"]), (*route, "items"))
    if schema.get("type") == "object" and "properties" in part:
        schema["properties"] = _parts(sheet, part["properties"], (*route, "properties"))
    if isinstance(part.get("description"), str):
        schema["description"] = part["description"]
    return schema


def _parts(sheet: Sheet, given: Json, route: Route) -> JsonObject:
    """The properties of an object."""
    named = {
        str(mapping(item).get("name")): ((*route, i), item) for i, item in enumerate(items(given))
    }
    named |= {name: ((*route, name), item) for name, item in mapping(given).items()}
    return {name: _schema(sheet, mapping(item), where) for name, (where, item) in named.items()}


def _output(sheet: Sheet, meta: JsonObject, routes: dict[str, Route]) -> None:
    """What the model is asked to answer in, as `output`.

    The second generation sends the schema of `outputs`. In the first it only describes them, and
    the parameter `response_format` asks for JSON.
    """
    outputs = list(_properties(sheet, "outputs"))
    if outputs and any("kind" in part for _, part, _ in outputs):
        properties: JsonObject = {name: _schema(sheet, part, at) for name, part, at in outputs}
        optional = {name for name, part, _ in outputs if part.get("required") is False}
        needed: list[Json] = [name for name in properties if name not in optional]
        schema: JsonObject = {"type": "object", "properties": properties, "required": needed}
        meta["output"], routes["output"] = {"format": "json", "schema": schema}, ("outputs",)
        return
    route: Route = (*_PARAMETERS, "response_format")
    given = mapping(sheet.value(route))
    if given.get("type") in ("json_object", "json_schema"):
        output: JsonObject = {"format": "json"}
        inner = mapping(given.get("json_schema")).get("schema")
        if isinstance(inner, dict):
            output["schema"] = inner
        meta["output"], routes["output"] = output, route
