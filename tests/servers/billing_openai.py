"""An OpenAI server on loopback that keeps its own bill, as the one who will send it would.

It answers chat, completions, responses and embeddings, whole and streamed, with a usage that is
another one for each call and within what the call allows: up to a token for each byte of the body,
and up to the limit of output tokens. Every call is on the bill before it is answered, at a
millionth of a dollar for an input token and four for an output token. The model names what happens:

    ok         an answer             nousage    an answer that tells no usage
    tools      a call of get_order   cut        a stream, or a body, that ends early
    hang       the head and a first piece, then nothing      echokey    401 that repeats the key
    flood      many pieces           400, 429, 500, …   that status
    most       as many tokens as may be               slow       an answer after some milliseconds
    counting   as `cut`, and each piece tells the usage up to it
"""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

MICRO_USD_PER_INPUT = 1
MICRO_USD_PER_OUTPUT = 4


@dataclass(kw_only=True)
class BillingOpenAI:
    """A running server: where it is, what it saw, and what it is owed in millionths of a dollar."""

    port: int = 0
    micro_usd: int = 0
    bodies: list[dict[str, Any]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    open_now: int = 0
    most_open: int = 0
    left: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """The address for `OPENAI_BASE_URL`."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answers one call; remembers in `left` that a client went away before its end."""
        content = await request.read()
        body = json.loads(content or b"{}")
        self.paths.append(request.path)
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        if request.method == "GET":
            models = {"object": "list", "data": [{"id": "ok", "object": "model"}]}
            return web.json_response(models)
        self.bodies.append(body)
        self.sizes.append(len(content))
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            return await self._answer(request, body, len(content))
        except asyncio.CancelledError:
            self.left.set()
            raise
        except ConnectionError:
            self.left.set()
            return web.Response()  # Which nobody will read.
        finally:
            self.open_now -= 1

    async def _answer(
        self, request: web.Request, body: dict[str, Any], size: int
    ) -> web.StreamResponse:
        word = str(body["model"])
        if word == "echokey":
            said = request.headers.get("Authorization", "")
            return web.json_response({"error": {"message": f"bad key: {said}"}}, status=401)
        if word.isdigit():
            error = {"error": {"message": f"status {word} was asked for", "type": "asked"}}
            return web.json_response(error, status=int(word), headers={"Retry-After": "7"})
        usage = self._charge(word, body, size)
        if word == "slow":
            await asyncio.sleep(0.005 * (len(self.bodies) % 4))
        told = None if word == "nousage" else usage
        api = request.path.rpartition("/v1")[2]
        if body.get("stream"):
            return await _streamed(request, api, body, told)
        answer = _whole(api, word, told)
        if word != "cut":
            return web.json_response(answer)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(json.dumps(answer).encode()[:-20])
        _break_off(request)
        return response

    def _charge(self, word: str, body: dict[str, Any], size: int) -> dict[str, int]:
        limits = [body.get(key) for key in ("max_tokens", "max_completion_tokens")]
        limit = max(filter(None, [*limits, body.get("max_output_tokens")]), default=0)
        number = len(self.bodies)
        spent = 1 + (number * 7919) % size, (number * 104_729) % (limit + 1)
        if word == "most":
            spent = size, limit * int(body.get("n") or 1)
        self.micro_usd += spent[0] * MICRO_USD_PER_INPUT + spent[1] * MICRO_USD_PER_OUTPUT
        return dict(zip(("input", "output"), spent, strict=True))


def _named(api: str, usage: dict[str, int] | None) -> dict[str, int] | None:
    if usage is None:
        return None
    total = sum(usage.values())
    if api == "/responses":
        return {
            "input_tokens": usage["input"],
            "output_tokens": usage["output"],
            "total_tokens": total,
        }
    if api == "/embeddings":
        return {"prompt_tokens": usage["input"], "total_tokens": usage["input"]}
    names = {"prompt_tokens": usage["input"], "completion_tokens": usage["output"]}
    return names | {"total_tokens": total}


_CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "get_order", "arguments": '{"id": "812"}'},
}
_ITEM = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "get_order",
    "arguments": '{"id": "812"}',
    "status": "completed",
}
_SAYING = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "Hello there", "annotations": []}],
}


def _whole(api: str, word: str, usage: dict[str, int] | None) -> dict[str, Any]:
    told = _named(api, usage)
    if api == "/embeddings":
        vector = {"object": "embedding", "index": 0, "embedding": [0.25, 0.5]}
        return {"object": "list", "model": word, "data": [vector], "usage": told}
    if api == "/responses":
        return _response(word, usage)
    if api == "/completions":
        choice: dict[str, Any] = {"index": 0, "text": "Hello there", "finish_reason": "stop"}
    else:
        message: dict[str, Any] = {"role": "assistant", "content": "Hello there"}
        if word == "tools":
            message = {"role": "assistant", "content": None, "tool_calls": [_CALL]}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {
        "id": "c-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": word,
        "choices": [choice],
        "usage": told,
    }


def _response(word: str, usage: dict[str, int] | None) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_700_000_000,
        "status": "completed",
        "model": word,
        "output": [_ITEM if word == "tools" else _SAYING],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "usage": _named("/responses", usage),
    }


def _events(api: str, body: dict[str, Any], usage: dict[str, int] | None) -> Iterator[str]:
    word = str(body["model"])
    if api == "/responses":
        for number, piece in enumerate(("Hello", " there")):
            event = {"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0}
            place = {"content_index": 0, "delta": piece, "sequence_number": number, "logprobs": []}
            yield json.dumps(event | place)
        if word == "tools":
            item = {"output_index": 0, "sequence_number": 2, "item": _ITEM}
            yield json.dumps({"type": "response.output_item.done", **item})
        response = _response(word, usage)
        event = {"type": "response.completed", "sequence_number": 3, "response": response}
        yield json.dumps(event)
        return
    for choice in _pieces(api, word):
        so_far = {"input": 1, "output": 1} if word == "counting" else None
        chunk = _whole(api, word, so_far) | {"object": "chat.completion.chunk", "choices": [choice]}
        yield json.dumps(chunk)
    if (body.get("stream_options") or {}).get("include_usage") and usage:
        told: dict[str, Any] = {"choices": [], "usage": _named(api, usage)}
        yield json.dumps(_whole(api, word, None) | {"object": "chat.completion.chunk"} | told)
    yield "[DONE]"


def _pieces(api: str, word: str) -> Iterator[dict[str, Any]]:
    if api == "/completions":
        for text, finish in (("Hello", None), (" there", "stop")):
            yield {"index": 0, "text": text, "finish_reason": finish}
        return
    pieces: list[dict[str, Any]] = [{"content": "Hello"}, {"content": " there"}]
    if word == "flood":
        pieces = [{"content": "x" * 10_000}] * 2_000
    if word == "tools":
        named = {"index": 0, **_CALL, "function": {"name": "get_order", "arguments": ""}}
        pieces = [{"tool_calls": [named]}]
        pieces += [
            {"tool_calls": [{"index": 0, "function": {"arguments": part}}]}
            for part in ('{"id"', ': "812"}')
        ]
    for delta in pieces:
        yield {"index": 0, "delta": delta, "finish_reason": None}
    yield {"index": 0, "delta": {}, "finish_reason": "stop"}


async def _streamed(
    request: web.Request, api: str, body: dict[str, Any], usage: dict[str, int] | None
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await response.prepare(request)
    for number, event in enumerate(_events(api, body, usage)):
        await response.write(f"data: {event}\n\n".encode())
        if number == 0 and body["model"] == "hang":
            await asyncio.Event().wait()
        if number == 1 and body["model"] in ("cut", "counting"):
            _break_off(request)
            break
    return response


def _break_off(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()


@contextmanager
def running() -> Iterator[BillingOpenAI]:
    """A server in a thread of its own, so that its bill is not kept by who must keep within it."""
    server = BillingOpenAI()
    loop = asyncio.new_event_loop()
    stopped = asyncio.Event()
    started = threading.Event()

    async def run() -> None:
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", server.serve)
        runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True, shutdown_timeout=0.5
        )
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.port = runner.addresses[0][1]
        started.set()
        await stopped.wait()
        with suppress(asyncio.CancelledError):
            await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), name="billing-openai")
    thread.start()
    started.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(10)
        loop.close()
