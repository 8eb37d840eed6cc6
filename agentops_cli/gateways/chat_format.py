"""The chat-completions format: a request as its body, and its answer as a completion.

Spoken by every OpenAI-compatible endpoint, by litellm and by the embedded model's server. The
fields are those of OpenAI's API reference.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from agentops_cli.errors import GatewayError
from agentops_cli.model.call import Completion, Fault, FaultKind, Finish, RateLimits, Request
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.money import Usage, is_tokens
from agentops_cli.model.prompt import Message
from agentops_cli.model.tool import Tool, ToolCall

LimitKey = Literal["max_tokens", "max_completion_tokens"]
Parsed: TypeAlias = "object"
"""A value out of a server's JSON: nothing is known of it before it is looked at."""

# Each would change what the call costs beyond its reservation, or how its answer must be read.
_REFUSED_EXTRA = {
    "audio": "audio has a price of its own",
    "best_of": "several answers are billed and one is judged",
    "max_completion_tokens": "use max_tokens",
    "max_output_tokens": "use max_tokens",
    "max_tokens": "use max_tokens",
    "messages": "the prompt and the case give the messages",
    "modalities": "other outputs than text have prices of their own",
    "model": "the suite or the prompt names the model",
    "models": "another model would have another price",
    "n": "several answers are billed and one is judged",
    "plugins": "a plugin is billed beside the tokens",
    "route": "another model would have another price",
    "stream": "answers are read whole",
    "stream_options": "answers are read whole",
    "web_search_options": "searches are billed beside the tokens",
}
_TIERS_WITHIN_PRICE = frozenset({"auto", "default", "flex"})

_FINISHES = {
    "stop": Finish.STOP,
    "length": Finish.LENGTH,
    "content_filter": Finish.FILTERED,
    "tool_calls": Finish.TOOL,
    "function_call": Finish.TOOL,
}

# With any of these, no text at all is an answer and not a broken one.
_SPEECHLESS = frozenset({Finish.LENGTH, Finish.FILTERED, Finish.TOOL})

# What OpenAI's strict mode is sure to take; a schema with any other word is sent as a hint, and
# the answer is validated here all the same.
_STRICT_WORDS = frozenset(
    {"$defs", "$ref", "additionalProperties", "anyOf", "const", "definitions", "description"}
    | {"enum", "items", "properties", "required", "title", "type"}
)


class AnswerError(Exception):
    """An answer that does not have the format; the message says what is wrong with it."""


def chat_body(request: Request, *, name: str, limit_key: LimitKey = "max_tokens") -> JsonObject:
    """The body that asks `name` for the answer; settings that are None are left out.

    What the request itself says beats `extra`. Raises `GatewayError` for an extra key that would
    break the budget or the reading of the answer.
    """
    sampling = request.sampling
    refuse_extra(sampling.extra, model=request.model)
    body: JsonObject = {
        **sampling.extra,
        "model": name,
        "messages": [_message(message) for message in request.messages],
        limit_key: request.max_tokens,
        **sampling.named,
    }
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    if request.response_schema is not None:
        body["response_format"] = _response_format(request.response_schema)
    return body


def _message(message: Message) -> JsonObject:
    """A message; where an answer only called tools its content is null, as OpenAI has it."""
    body: JsonObject = {"role": message.role, "content": message.content}
    if message.tool_calls:
        body["content"] = message.content or None
        body["tool_calls"] = [_asked(call) for call in message.tool_calls]
    if message.tool_call_id is not None:
        body["tool_call_id"] = message.tool_call_id
    return body


def _asked(call: ToolCall) -> JsonObject:
    function: JsonObject = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _tool(tool: Tool) -> JsonObject:
    function: JsonObject = {"name": tool.name, "parameters": tool.parameters}
    if tool.description is not None:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def refuse_extra(extra: Mapping[str, Json], *, model: str) -> None:
    """Raises `GatewayError` when a key that is passed through must not be."""
    for key, value in extra.items():
        why = _REFUSED_EXTRA.get(key)
        if key == "service_tier" and value not in _TIERS_WITHIN_PRICE:
            why = f"only {', '.join(sorted(_TIERS_WITHIN_PRICE))} stay within the listed price"
        if why is not None:
            message = f"the setting {key!r} is not passed through to {model}: {why}"
            fix = f"take {key!r} out of the prompt's settings"
            raise GatewayError(Fault(kind=FaultKind.BAD_REQUEST, message=message, fix=fix))


def _response_format(schema: JsonObject) -> JsonObject:
    strict = schema.get("type") == "object" and "anyOf" not in schema and _is_strict(schema)
    named: JsonObject = {"name": "answer", "schema": schema, "strict": strict}
    return {"type": "json_schema", "json_schema": named}


def _is_strict(schema: Json) -> bool:
    """True when every object is closed and requires all it has, with known words throughout."""
    if not isinstance(schema, dict) or not _STRICT_WORDS.issuperset(schema):
        return False
    properties = schema.get("properties")
    if schema.get("type") == "object" or properties is not None:
        required = schema.get("required")
        closed = schema.get("additionalProperties") is False
        if not closed or not isinstance(properties, dict) or not isinstance(required, list):
            return False
        if {*properties} != {word for word in required if isinstance(word, str)}:
            return False
    return all(_is_strict(part) for part in _parts(schema))


def _parts(schema: JsonObject) -> list[Json]:
    """The schemas inside a schema, one level down."""
    parts: list[Json] = [schema["items"]] if "items" in schema else []
    for key in ("properties", "$defs", "definitions"):
        inner = schema.get(key)
        parts += inner.values() if isinstance(inner, dict) else []
    options = schema.get("anyOf")
    return parts + (options if isinstance(options, list) else [])


def completion_of(
    answer: Parsed, *, model: str, latency_s: float, limits: RateLimits | None = None
) -> Completion:
    """Reads a parsed answer; `model` stands in where it does not say which model served it.

    A name that cannot be shown on one line says nothing. Raises `AnswerError` for anything that is
    not of the format, however it came about.
    """
    if not isinstance(answer, dict):
        raise AnswerError(f"JSON that is {_kind(answer)} and not an object")
    choice = _first_choice(answer)
    finish = _FINISHES.get(str(choice.get("finish_reason")), Finish.UNKNOWN)
    message = _object(choice.get("message") or {}, "message")
    tool_calls = _tool_calls(message)
    text = _text(message)
    if text is None and not tool_calls and finish not in _SPEECHLESS:
        raise AnswerError("a message with neither text nor tool calls")
    served = answer.get("model")
    return Completion(
        text=text or "",
        finish=finish,
        model=served if isinstance(served, str) and served and served.isprintable() else model,
        latency_s=latency_s,
        usage=usage_of(answer.get("usage")),
        tool_calls=tool_calls,
        limits=limits,
    )


def filtered(*, model: str, latency_s: float) -> Completion:
    """The answer when a content filter refused the request itself.

    It has no usage: some providers bill such a call, and none says how much.
    """
    return Completion(text="", finish=Finish.FILTERED, model=model, latency_s=latency_s)


def _first_choice(answer: dict[str, Parsed]) -> dict[str, Parsed]:
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices:
        raise AnswerError("JSON without choices")
    choice = _object(choices[0], "choice")
    if choice.get("error") or choice.get("finish_reason") == "error":
        # How OpenRouter reports a model that broke off after the answer had begun.
        raise AnswerError("an answer that the model broke off")
    return choice


def _text(message: dict[str, Parsed]) -> str | None:
    """What the model says: its refusal, its text, or the text parts of its content."""
    refusal = message.get("refusal")
    content = message.get("content")
    if isinstance(refusal, str) and refusal:
        return printable(refusal)
    if content is None:
        return None
    if isinstance(content, list):
        parts = [_object(part, "content part") for part in content]
        content = "".join(str(part.get("text", "")) for part in parts if part.get("type") == "text")
    if not isinstance(content, str):
        raise AnswerError(f"content that is {_kind(content)} and not text")
    return printable(content)


def printable(text: str) -> str:
    """The text with U+FFFD for lone surrogates, which JSON can hold and no file can."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _tool_calls(message: dict[str, Parsed]) -> tuple[ToolCall, ...]:
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise AnswerError(f"tool calls that are {_kind(calls)} and not a list")
    found = [_object(call, "tool call") for call in calls]
    if not found and message.get("function_call"):
        found = [{"function": message["function_call"]}]
    return tuple(_tool_call(call) for call in found)


def _tool_call(call: dict[str, Parsed]) -> ToolCall:
    function = _object(call.get("function"), "function of a tool call")
    name, arguments = function.get("name"), function.get("arguments") or ""
    if not isinstance(name, str) or not isinstance(arguments, str):
        raise AnswerError("a tool call without a name and arguments of text")
    return ToolCall(id=str(call.get("id") or ""), name=name, arguments=printable(arguments))


def usage_of(usage: Parsed) -> Usage | None:
    """Tokens as billed, with cached and reasoning tokens inside input and output.

    Some providers count them apart (reasoning at xAI, cached input in Anthropic's way): they are
    put inside, so that none is lost and none is counted twice.
    """
    if not usage:
        return None
    figures = _object(usage, "usage")
    prompt = _tokens(figures, "prompt_tokens", required=True)
    answer = _tokens(figures, "completion_tokens", required=True)
    cached = _tokens(_object(figures.get("prompt_tokens_details") or {}, "usage"), "cached_tokens")
    details = _object(figures.get("completion_tokens_details") or {}, "usage")
    reasoning = _tokens(details, "reasoning_tokens")
    if prompt == answer == cached == 0:
        # What some servers, and litellm for them, write when nothing was counted.
        return None
    apart = reasoning > answer or figures.get("total_tokens") == prompt + answer + reasoning
    return Usage(
        input_tokens=prompt + cached if cached > prompt else prompt,
        output_tokens=answer + reasoning if apart else answer,
        cached_input_tokens=cached,
        reasoning_tokens=reasoning,
    )


def _tokens(figures: dict[str, Parsed], key: str, *, required: bool = False) -> int:
    value = figures.get(key)
    if value is None and not required:
        return 0
    if not is_tokens(value):
        raise AnswerError(f"usage whose {key} is {value!r:.40}")
    return value


def _object(value: Parsed, noun: str) -> dict[str, Parsed]:
    if not isinstance(value, dict):
        raise AnswerError(f"a {noun} that is {_kind(value)} and not an object")
    return value


def _kind(value: Parsed) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a boolean"}
    return "null" if value is None else names.get(type(value), "a number")
