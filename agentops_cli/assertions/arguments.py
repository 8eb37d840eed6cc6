"""The shape of a kind's arguments, as the JSON Schema that editors and the suite reader use."""

from agentops_cli.model.json import Json, JsonObject


def arguments(*required: str, **properties: JsonObject) -> JsonObject:
    """An object schema that knows these properties and no others."""
    needed: list[Json] = list(required)
    known: JsonObject = dict(properties)
    shape: JsonObject = {"type": "object", "additionalProperties": False, "properties": known}
    return {**shape, "required": needed} if needed else shape


def string(description: str, *, least: int = 1) -> JsonObject:
    """A text of at least so many characters."""
    return {"type": "string", "minLength": least, "description": description}


def strings(description: str, *, least: int = 1) -> JsonObject:
    """A list of texts, not empty."""
    item: JsonObject = {"type": "string", "minLength": least}
    return {"type": "array", "minItems": 1, "items": item, "description": description}


def string_or_strings(description: str) -> JsonObject:
    """A text, or a list of them."""
    one: JsonObject = {"title": "a text", "type": "string", "minLength": 1}
    many: JsonObject = {"title": "a list of texts", "type": "array", "minItems": 1, "items": one}
    return {"anyOf": [one, many], "description": description}


def count(description: str) -> JsonObject:
    """A whole number from 0."""
    return {"type": "integer", "minimum": 0, "description": description}


def switch(description: str) -> JsonObject:
    """True or false."""
    return {"type": "boolean", "description": description}


def turned_on() -> JsonObject:
    """The `value` of a kind that needs none, so that it can be written short: `json: true`."""
    return {"enum": [True], "description": "true; to forbid it, write not: true"}
