"""Failures that a suite injects: of the provider, and of the tools whose answers pass by."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import TypeAlias

from aiohttp import web

from agentops_cli.gateways.metering.asked import Api, Asked
from agentops_cli.gateways.metering.refusal import RefusedError
from agentops_cli.model.injected import RESULTS
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.suite import FaultError, InjectedFault
from agentops_cli.model.tool import ToolCall

Fates: TypeAlias = "MutableMapping[tuple[str, int], FaultError | None]"
"""What became of each answer of a tool that is made to fail: the error, or None for its own.

An answer is known by the id of its call, and by how many of that id came before it.
"""


class Injection:
    """The failures of one session, and which of them came about.

    The history of a conversation is sent again with every step, so an answer that was spoilt once
    must stay so: `fates` outlives the session where the conversation does.
    """

    def __init__(self, faults: Sequence[InjectedFault], *, fates: Fates) -> None:
        self._faults = faults
        self._struck = [0] * len(faults)
        self._fates = fates

    @property
    def met(self) -> Mapping[str, int]:
        """How many answers of each tool were replaced.

        One that is sent again, in this session or a later one, was counted when it came first.
        """
        met: Counter[str] = Counter()
        for fault, times in zip(self._faults, self._struck, strict=True):
            if fault.target is not None and times:
                met[fault.target] += times
        return met

    @property
    def provider_faults(self) -> int:
        """How many calls of the provider were struck."""
        return sum(
            n for fault, n in zip(self._faults, self._struck, strict=True) if fault.target is None
        )

    def strike_provider(self) -> FaultError | None:
        """How the next call of the provider fails, None when it does not."""
        return self._strike(None)

    def spoil(self, asked: Asked, called: Sequence[ToolCall]) -> JsonObject:
        """The body with the answers replaced that come from tools which fail.

        `called` are calls that the model made and that the body may leave out.
        """
        if self._fates or any(fault.target is not None for fault in self._faults):
            key = "input" if asked.api is Api.RESPONSES else "messages"
            said = asked.body.get(key)
            if isinstance(said, list):
                names = {call.id: call.name for call in called} | dict(_calls_in(said))
                return {**asked.body, key: list(self._spoilt(said, names))}
        return asked.body

    def _spoilt(self, said: list[Json], names: Mapping[str, str]) -> Iterator[Json]:
        seen: Counter[str] = Counter()
        for item in said:
            found = _answer_in(item)
            if found is None or not isinstance(item, dict):
                yield item
                continue
            call_id, key = found
            fate = self._fate(names.get(call_id) or str(item.get("name")), call_id, seen[call_id])
            seen[call_id] += 1
            yield item if fate is None else {**item, key: RESULTS[fate]}

    def _fate(self, tool: str, call_id: str, earlier: int) -> FaultError | None:
        place = (call_id, earlier)
        if place not in self._fates:
            self._fates[place] = self._strike(tool)
        return self._fates[place]

    def _strike(self, target: str | None) -> FaultError | None:
        for place, fault in enumerate(self._faults):
            if fault.target == target and (
                fault.times is None or self._struck[place] < fault.times
            ):
                self._struck[place] += 1
                return fault.error
        return None


def _calls_in(said: list[Json]) -> Iterator[tuple[str, str]]:
    """The tools that were called so far, as id and name."""
    for item in said:
        if not isinstance(item, dict):
            continue
        if item.get("type") == "function_call":
            yield str(item.get("call_id")), str(item.get("name"))
        calls = item.get("tool_calls")
        for call in calls if isinstance(calls, list) else []:
            function = call.get("function") if isinstance(call, dict) else None
            if isinstance(call, dict) and isinstance(function, dict):
                yield str(call.get("id")), str(function.get("name"))


def _answer_in(item: Json) -> tuple[str, str] | None:
    """The id of the call that an item answers, and the key of what it says; None for others."""
    if not isinstance(item, dict):
        return None
    if item.get("type") == "function_call_output":
        return str(item.get("call_id")), "output"
    if item.get("role") in ("tool", "function"):
        return str(item.get("tool_call_id")), "content"
    return None


_MARK = "x-agentops-injected"
_ID = "chatcmpl-agentops-injected"

_EMPTY: Mapping[Api, JsonObject] = {
    Api.CHAT: {
        "id": _ID,
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": ""},
                "finish_reason": "stop",
            }
        ],
    },
    Api.COMPLETIONS: {
        "id": _ID,
        "object": "text_completion",
        "choices": [{"index": 0, "text": "", "finish_reason": "stop"}],
    },
    Api.EMBEDDINGS: {"object": "list", "data": []},
    Api.RESPONSES: {"id": _ID, "object": "response", "status": "completed", "output": []},
}


async def provider_failure(error: FaultError, asked: Asked, *, hang_s: float) -> web.Response:
    """What a client sees of a provider that fails so; it costs nothing.

    A `timeout` is silence until the client gives up, and after `hang_s` the 504 of a gateway that
    gave up itself. A `malformed` answer is cut JSON, an `empty` one is whole and has no text.
    """
    marked = {_MARK: error}
    match error:
        case "timeout":
            await asyncio.sleep(hang_s)
            raise RefusedError(504, "upstream request timeout", kind="timeout", headers=marked)
        case "rateLimit":
            raise RefusedError(
                429,
                "Rate limit reached: try again in 1s.",
                kind="requests",
                code="rate_limit_exceeded",
                headers={**marked, "Retry-After": "1"},
            )
        case "serverError":
            words = "The server had an error while processing your request."
            raise RefusedError(500, words, kind="server_error", headers=marked)
        case "malformed" | "empty":
            content = _streamed(asked, error) if asked.is_streamed else _whole(asked, error)
            kind = "text/event-stream" if asked.is_streamed else "application/json"
            return web.Response(body=content, headers={"Content-Type": kind, **marked})


def _whole(asked: Asked, error: FaultError) -> bytes:
    return _written(_empty(asked), error)


def _streamed(asked: Asked, error: FaultError) -> bytes:
    answer = _empty(asked)
    events: list[JsonObject] = [answer]
    if asked.api is Api.RESPONSES:
        begun = {**answer, "status": "in_progress"}
        events = [
            {"type": "response.created", "sequence_number": 0, "response": begun},
            {"type": "response.completed", "sequence_number": 1, "response": answer},
        ]
    elif asked.api is Api.CHAT:
        delta: JsonObject = {"role": "assistant", "content": ""}
        answer["object"] = "chat.completion.chunk"
        answer["choices"] = [{"index": 0, "delta": delta, "finish_reason": "stop"}]
    end = b"" if asked.api is Api.RESPONSES else b"data: [DONE]\n\n"
    return b"".join(b"data: " + _written(event, error) + b"\n\n" for event in events) + end


def _written(answer: JsonObject, error: FaultError) -> bytes:
    text = json.dumps(answer).encode()
    return text[: len(text) // 2] if error == "malformed" else text


def _empty(asked: Asked) -> JsonObject:
    return {**_EMPTY[asked.api], "created": 0, "created_at": 0, "model": asked.model}
