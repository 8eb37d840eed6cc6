"""A function that a model may call, and one call of it."""

from dataclasses import dataclass

from agentops_cli.model.json import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What a model is told of a function; `parameters` is JSON Schema of an object."""

    name: str
    description: str | None = None
    parameters: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call that a model asked for; `arguments` as JSON text, valid or not."""

    id: str
    name: str
    arguments: str
