"""`agentops schema`: the schemas as editors want them."""

import json
from copy import deepcopy

from agentops_cli.errors import UsageError
from agentops_cli.flows.wiring import assertion_kinds, metric_kinds
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.suite.specs import CASE_KINDS
from agentops_cli.validate import schema, schema_names, schema_text


def schema_of(name: str) -> str:
    """The text of a schema; raises `UsageError` for a name that there is not."""
    if name not in schema_names():
        raise UsageError(f"no schema is called {name!r}", fix=f"known: {', '.join(schema_names())}")
    if name != "suite":
        return schema_text(name).rstrip()
    whole = _with_metrics(_with_assertions(schema("suite")))
    return json.dumps(whole, indent=2, ensure_ascii=False)


def _with_assertions(base: JsonObject) -> JsonObject:
    """The suite schema with the arguments of every kind of assertion.

    The reader checks them kind by kind; an editor needs them in one place.
    """
    kinds = assertion_kinds()
    whole: dict[str, dict[str, Json]] = deepcopy(base)  # type: ignore[arg-type] # objects, all.
    items: list[Json] = []
    for name in kinds.names():
        arguments = kinds.get(name).schema
        properties = arguments.get("properties")
        common: JsonObject = {
            "kind": {"const": name},
            "not": {"type": "boolean"},
            "advisory": {"type": "boolean"},
        }
        given = properties if isinstance(properties, dict) else {}
        items.append(
            {**arguments, "properties": {**common, **given}, "required": _required(arguments)}
        )
        if name in CASE_KINDS and "value" in given:
            key = whole["definitions"][name]
            description = key.get("description") if isinstance(key, dict) else None
            value = given["value"]
            shape = value if isinstance(value, dict) else {}
            whole["definitions"][name] = {**shape, "description": description}
    short: JsonObject = {
        "type": "object",
        "properties": {name: {} for name in kinds.names()},
        "not": {"required": ["kind"]},
    }
    shapes = whole["definitions"]["assert"]
    if isinstance(shapes, dict):
        shapes["items"] = {"anyOf": [*items, short]}
    return dict(whole)


def _with_metrics(base: JsonObject) -> JsonObject:
    """The suite schema with the arguments of every kind of metric."""
    kinds = metric_kinds()
    whole: dict[str, dict[str, JsonObject]] = deepcopy(base)  # type: ignore[arg-type] # objects, all.
    common = whole["definitions"]["metric"]
    shapes: list[Json] = []
    for name in kinds.names():
        arguments = kinds.get(name).schema
        known: list[JsonObject] = [
            part
            for part in (common["properties"], arguments["properties"])
            if isinstance(part, dict)
        ]
        properties: JsonObject = {key: value for part in known for key, value in part.items()}
        properties["kind"] = {"const": name}
        shapes.append({**arguments, "properties": properties, "required": _required(arguments)})
    whole["definitions"]["metric"] = {"description": common["description"], "anyOf": shapes}
    return dict(whole)  # type: ignore[arg-type] # objects, all.


def _required(arguments: JsonObject) -> list[Json]:
    listed = arguments.get("required")
    return ["kind", *(listed if isinstance(listed, list) else [])]
