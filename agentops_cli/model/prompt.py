"""A prompt file as the rest of the package sees it, whatever format it was written in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location

if TYPE_CHECKING:  # Most prompts have no tools.
    from agentops_cli.model.tool import Tool, ToolCall

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation.

    `tool_calls` are those that an assistant message asks for; `tool_call_id` says which of them a
    tool message answers.
    """

    role: Role
    content: str
    tool_calls: "tuple[ToolCall, ...]" = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How a model is asked to answer; None leaves a setting to the provider.

    `extra` holds keys that are passed through to the provider as they are.
    """

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    reasoning_effort: str | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)

    @property
    def named(self) -> JsonObject:
        """What is set, by the names of OpenAI's API; the limit apart, which has two there."""
        settings: JsonObject = {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "top_k": self.top_k,
            "seed": self.seed,
            "stop": list(self.stop) or None,
            "presence_penalty": self.presence_penalty,
            "frequency_penalty": self.frequency_penalty,
            "reasoning_effort": self.reasoning_effort,
        }
        return {key: value for key, value in settings.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptInput:
    """A variable that the template may use.

    `schema` is JSON Schema (Picoschema is expanded when the file is read). `trusted` is False
    unless the file says otherwise: whoever fills the variable may be an attacker.
    """

    name: str
    schema: JsonObject
    required: bool
    trusted: bool
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptMeta:
    """The frontmatter: what a reviewer and a registry want to know about a prompt."""

    version: str | None = None
    models: tuple[str, ...] = ()
    sampling: Sampling = Sampling()
    authors: tuple[str, ...] = ()
    requires_review: bool | tuple[str, ...] | None = None
    description: str | None = None
    status: Literal["draft", "active", "deprecated"] = "active"
    tags: frozenset[str] = frozenset()
    extra: Mapping[str, Json] = field(default_factory=dict)

    @property
    def model(self) -> str | None:
        """The model to call: the first of the fallback order."""
        return self.models[0] if self.models else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One version of one prompt.

    `body` is the template as written, role lines included, with `\\n` for every line end; its
    first line is line `body_line` of the file. `takes_user_input` is True when no role line opens
    a user message, so that a case's input becomes one. `inputs` is None when the file declares no
    input schema. `sha256` is of the file's bytes as UTF-8. `name` is unique within one
    configuration. `models_location` is where models are named, None where none is.

    Of a foreign format `body` is the template in Jinja, `is_marked` by tags in the place of role
    lines; `lines` are those of the file on which its lines stand, where they do not follow another.
    """

    name: str
    meta: PromptMeta
    body: str
    body_line: int
    inputs: Mapping[str, PromptInput] | None
    defaults: Mapping[str, Json]
    output_schema: JsonObject | None
    takes_user_input: bool
    sha256: str
    location: Location
    tools: "tuple[Tool, ...]" = ()
    models_location: Location | None = None
    is_marked: bool = False
    lines: tuple[int, ...] = ()
