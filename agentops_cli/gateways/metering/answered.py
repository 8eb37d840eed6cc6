"""What the answer of a provider tells the meter: its tokens, its tool calls, and that it ended."""

import json
import re
from collections.abc import AsyncIterable, AsyncIterator
from typing import Protocol

from agentops_cli.gateways.chat_format import AnswerError, usage_of
from agentops_cli.gateways.metering.asked import Api
from agentops_cli.model.money import Usage
from agentops_cli.model.tool import ToolCall

MAX_EVENT_BYTES = 16 * 1024 * 1024

# A blank line ends an event, whatever ends a line ("Server-sent events" of the HTML standard).
_END_OF_EVENT = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_END_OF_LINE = re.compile(r"\r\n|\n|\r")


async def events_of(pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The events of a stream, however its bytes come; each keeps all of its bytes.

    What comes after the last blank line is the last one. Raises `AnswerError` for an event that
    never ends.
    """
    rest = b""
    async for piece in pieces:
        rest += piece
        at = 0
        for end in _END_OF_EVENT.finditer(rest):
            yield rest[at : end.end()]
            at = end.end()
        rest = rest[at:]
        if len(rest) > MAX_EVENT_BYTES:
            raise AnswerError(f"an event of more than {MAX_EVENT_BYTES // 2**20} MiB")
    if rest:
        yield rest


def data_of(event: bytes) -> str:
    """What an event says, without its other fields; empty when it says nothing."""
    lines = _END_OF_LINE.split(event.decode("utf-8", "replace"))
    data = (line.removeprefix("data:") for line in lines if line.startswith("data:"))
    return "\n".join(line.removeprefix(" ") for line in data)


class Watch(Protocol):
    """What is read along with one answer.

    `usage` is None until it was told. `ended` is True when the answer said by itself that it is
    complete: only then the usage is that of all of it.
    """

    usage: Usage | None
    ended: bool

    def whole(self, answer: object) -> None:
        """Reads an answer that came in one piece."""
        ...

    def event(self, data: str) -> bool:
        """Reads one event of a stream; True when it tells the usage and nothing else."""
        ...

    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tool calls of the answer so far, in order."""
        ...


def watch(api: Api) -> Watch:
    """What reads the answers of an API."""
    if api is Api.RESPONSES:
        return _ResponsesWatch()
    return _ChatWatch(has_output=api is not Api.EMBEDDINGS)


class _ChatWatch:
    """Chat, completions and embeddings: choices with messages, or with pieces of them."""

    def __init__(self, *, has_output: bool) -> None:
        self.usage: Usage | None = None
        self.ended = False
        self._has_output = has_output
        self._calls: dict[tuple[object, object], dict[str, str]] = {}

    def whole(self, answer: object) -> None:
        self._read(_object(answer))
        self.ended = True

    def event(self, data: str) -> bool:
        if data.strip() == "[DONE]":
            self.ended = True
            return False
        chunk = _parsed(data)
        self._read(chunk)
        return chunk.get("choices") == [] and bool(chunk.get("usage"))

    def tool_calls(self) -> tuple[ToolCall, ...]:
        return tuple(ToolCall(**call) for call in self._calls.values())

    def _read(self, chunk: dict[str, object]) -> None:
        figures = _object(chunk.get("usage"))
        if figures and not self._has_output:
            figures = {**figures, "completion_tokens": 0}  # Which is not said.
        self.usage = _usage(figures) or self.usage
        for choice in map(_object, _list(chunk.get("choices"))):
            part = _object(choice.get("delta") or choice.get("message"))
            for position, call in enumerate(map(_object, _list(part.get("tool_calls")))):
                self._add(choice.get("index"), call.get("index", position), call)

    def _add(self, choice: object, place: object, call: dict[str, object]) -> None:
        function = _object(call.get("function"))
        kept = self._calls.setdefault(
            (str(choice), str(place)), {"id": "", "name": "", "arguments": ""}
        )
        kept["id"] = kept["id"] or _text(call.get("id"))
        kept["name"] = kept["name"] or _text(function.get("name"))
        kept["arguments"] += _text(function.get("arguments"))


class _ResponsesWatch:
    """The responses API: items of output, each in an event of its own when it is streamed."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.ended = False
        self._calls: list[ToolCall] = []

    def whole(self, answer: object) -> None:
        response = _object(answer)
        self.usage = _usage(_as_chat(_object(response.get("usage"))))
        for item in _list(response.get("output")):
            self._add(_object(item))
        self.ended = True

    def event(self, data: str) -> bool:
        event = _parsed(data)
        kind = event.get("type")
        if kind == "response.output_item.done":
            self._add(_object(event.get("item")))
        if kind in ("response.completed", "response.incomplete", "response.failed"):
            response = _object(event.get("response"))
            self.usage = _usage(_as_chat(_object(response.get("usage"))))
            self.ended = True
        return False

    def tool_calls(self) -> tuple[ToolCall, ...]:
        return tuple(self._calls)

    def _add(self, item: dict[str, object]) -> None:
        if item.get("type") == "function_call":
            call_id, name = _text(item.get("call_id")), _text(item.get("name"))
            arguments = _text(item.get("arguments"))
            self._calls.append(ToolCall(id=call_id, name=name, arguments=arguments))


def _usage(figures: dict[str, object]) -> Usage | None:
    """The tokens; None when they cannot be read, or when there are none."""
    try:
        return usage_of(figures)
    except AnswerError:
        return None


def _as_chat(figures: dict[str, object]) -> dict[str, object]:
    """The usage of a response under the names that chat has for it."""
    return {
        "prompt_tokens": figures.get("input_tokens"),
        "completion_tokens": figures.get("output_tokens"),
        "total_tokens": figures.get("total_tokens"),
        "prompt_tokens_details": figures.get("input_tokens_details"),
        "completion_tokens_details": figures.get("output_tokens_details"),
    }


def _parsed(data: str) -> dict[str, object]:
    try:
        return _object(json.loads(data))
    except (ValueError, RecursionError):
        return {}


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
