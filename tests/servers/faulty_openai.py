"""A chat-completions server on loopback that goes wrong on request.

The model that is asked for (or, with Azure's addresses, the deployment) names what happens:

    ok            an answer that repeats the last message        tools      a tool call
    400 … 599     that status, with an error as OpenAI words it  html       a page, as HTTP 200
    quota         429 that says the account has no credit        empty      HTTP 200, no body
    filter        400 by Azure's content filter                  truncated  half a JSON document
    filtered      HTTP 200, stopped by the content filter        types      JSON of the wrong types
    nochoices     HTTP 200 without choices                       huge       17 MiB
    nousage       HTTP 200 without usage                         silent503  503 without a word
    drip          a byte at a time, without end
    hidden429     an error as HTTP 200                           cut        a body that ends early
    wrongkey      LiteLLM Proxy's 400 without a database         drop       no answer, then the end
    nokey         its 500 when no key is sent                    hang       nothing, ever
    badmodel      its 400 for an unknown model                   redirect   307 to another host
    echokey       401 that repeats the key                       slow-N     `ok`, N ms later
    busy          429 with Retry-After, nothing is left          limits     `ok`, some is left
    later         429 with Retry-After: 0.2                      reset      the connection is reset

Anything else is `ok`. A `claude-…` at Anthropic's address answers in Anthropic's format, with JSON
where a schema came, and cut off where it may not use 40 tokens. `GET /stats` tells how many
requests came, in all and for each model, and how many were open at once. Speaks HTTP/1.1 with
kept-alive connections, by hand: most of the faults are not to be had from a server library.

    python -m tests.servers.faulty_openai --port 0        (prints the port)
"""

import argparse
import asyncio
import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass(kw_only=True)
class Seen:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    word: str = ""

    @property
    def said(self) -> str:
        """The last message."""
        return str(self.body.get("messages", [{}])[-1].get("content", ""))

    @property
    def behaviour(self) -> str:
        """The word that says what to do: the server's own, or the last part of the model's name."""
        if self.word:
            return self.word
        _, _, rest = self.path.partition("/openai/deployments/")
        name = rest.partition("/")[0] or str(self.body.get("model", ""))
        return name.rpartition("/")[2]


@dataclass(kw_only=True)
class FaultyOpenAI:
    """A running server: where it is, and what it has seen.

    `decide` says what to do with a request, in place of the model's name.
    """

    port: int = 0
    decide: Callable[[Seen], str] | None = None
    requests: list[Seen] = field(default_factory=list)
    connections: int = 0
    open_now: int = 0
    most_open: int = 0

    @property
    def url(self) -> str:
        """The address for `baseUrl`."""
        return f"http://127.0.0.1:{self.port}/v1"

    def reset(self) -> None:
        """Forgets what it has seen, and what it was told to do."""
        self.decide = None
        self.requests.clear()
        self.connections = self.most_open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one connection until either side ends it."""
        self.connections += 1
        try:
            while (seen := await _read_request(reader)) is not None:
                if seen.path == "/stats":
                    await _send(writer, _reply(200, self._stats()))
                    continue
                if self.decide:
                    seen.word = self.decide(seen)
                self.requests.append(seen)
                self.open_now += 1
                self.most_open = max(self.most_open, self.open_now)
                try:
                    again = await _answer(seen, reader, writer)
                finally:
                    self.open_now -= 1
                if not again:
                    break
        except ConnectionError:
            pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def _stats(self) -> dict[str, Any]:
        by_model = Counter(seen.behaviour for seen in self.requests)
        most = self.most_open
        return {"requests": len(self.requests), "by_model": by_model, "most_open": most}


@contextmanager
def running() -> Iterator[FaultyOpenAI]:
    """A server in a thread of its own, so that tests of any kind can ask it."""
    server = FaultyOpenAI()
    loop = asyncio.new_event_loop()
    stopped = asyncio.Event()
    started = threading.Event()
    run = _run(server, stopped, started.set)
    thread = threading.Thread(target=loop.run_until_complete, args=(run,), name="faulty-openai")
    thread.start()
    started.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(10)
        loop.close()


async def _run(
    server: FaultyOpenAI, stopped: asyncio.Event, announce: Callable[[], object], port: int = 0
) -> None:
    listener = await asyncio.start_server(server.serve, "127.0.0.1", port)
    server.port = listener.sockets[0].getsockname()[1]
    announce()
    await stopped.wait()
    listener.close()
    # Those that are only just being accepted are tasks, too.
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)


async def _read_request(reader: asyncio.StreamReader) -> Seen | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    content = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(path=first.split(" ")[1], headers=headers, body=json.loads(content or b"{}"))


async def _answer(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Answers one request; False when the connection is to end."""
    word = seen.behaviour
    if word.isdigit() and 400 <= int(word) < 600:
        await _send(writer, _reply(int(word), _error(f"status {word} was asked for", code=None)))
    elif word == "hang":
        await reader.read()
        return False
    elif word == "drip":
        await _send(writer, _reply(200, b" " * 1000)[:-1000])
        while not reader.at_eof():
            await _send(writer, b" ")
            await asyncio.sleep(0.02)
        return False
    elif word.startswith("slow-"):
        await asyncio.sleep(int(word.removeprefix("slow-")) / 1000)
        await _send(writer, _reply(200, _completion(seen)))
    elif word in _ENDINGS:
        await _ENDINGS[word](writer, _reply(200, _completion(seen)))
        return False
    elif word.startswith("claude-") and seen.path.endswith("/messages"):
        await _send(writer, _reply(200, _anthropic(seen.body)))
    else:
        await _send(writer, _REPLIES.get(word, _ok)(seen))
    return True


async def _send(writer: asyncio.StreamWriter, reply: bytes) -> None:
    writer.write(reply)
    await writer.drain()


async def _cut(writer: asyncio.StreamWriter, reply: bytes) -> None:
    await _send(writer, reply[: len(reply) - 20])


async def _drop(_writer: asyncio.StreamWriter, _reply: bytes) -> None:
    """Ends the connection without a word."""


async def _reset(writer: asyncio.StreamWriter, _reply: bytes) -> None:
    """Ends the connection as a process that dies does: with what was not read still in it."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


_ENDINGS: dict[str, Callable[[asyncio.StreamWriter, bytes], Awaitable[None]]] = {
    "cut": _cut,
    "drop": _drop,
    "reset": _reset,
}


def _completion(seen: Seen, **message: object) -> dict[str, Any]:
    finish = "tool_calls" if "tool_calls" in message else "stop"
    answer = {"role": "assistant", "content": f"You said: {seen.said}"} | message
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": f"{seen.behaviour}-2026-01-01",
        "choices": [{"index": 0, "message": answer, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": 20,
            "completion_tokens": 7,
            "total_tokens": 27,
            "prompt_tokens_details": {"cached_tokens": 12},
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
    }


def _anthropic(body: dict[str, Any]) -> dict[str, Any]:
    """An answer of Anthropic's Messages API: a tool call when one is demanded, else text.

    A cut-off tool call comes with as much of its input as was there, and parses all the same.
    """
    cut = body["max_tokens"] < 40
    value = {"labels": ["payment"]} if cut else {"labels": ["payment", "error"]}
    content: dict[str, Any] = {"type": "text", "text": json.dumps(value)[: 20 if cut else None]}
    if body.get("tool_choice", {}).get("type") == "tool":
        name = body["tool_choice"]["name"]
        content = {"type": "tool_use", "id": "toolu_1", "name": name, "input": value}
    ended = "tool_use" if content["type"] == "tool_use" else "end_turn"
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [content],
        "stop_reason": "max_tokens" if cut else ended,
        "stop_sequence": None,
        "usage": {"input_tokens": 20, "output_tokens": body["max_tokens"] if cut else 12},
    }


def _error(message: str, *, code: str | int | None, kind: str = "invalid_request_error") -> Any:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _ok(seen: Seen) -> bytes:
    return _reply(200, _completion(seen))


def _tools(seen: Seen) -> bytes:
    function = {"name": "get_order", "arguments": '{"id": "812"}'}
    call = {"id": "call_1", "type": "function", "function": function}
    return _reply(200, _completion(seen, content=None, tool_calls=[call]))


def _filter(_seen: Seen) -> bytes:
    words = "The response was filtered due to the prompt triggering Azure OpenAI's content policy"
    error = _error(words, code="content_filter", kind="null")
    error["error"]["innererror"] = {"code": "ResponsibleAIPolicyViolation"}
    return _reply(400, error)


def _filtered(seen: Seen) -> bytes:
    answer = _completion(seen, content=None)
    answer["choices"][0]["finish_reason"] = "content_filter"
    return _reply(200, answer)


def _types(seen: Seen) -> bytes:
    return _reply(200, _completion(seen, content={"text": 42}))


def _nochoices(seen: Seen) -> bytes:
    return _reply(200, _completion(seen) | {"choices": []})


def _quota(_seen: Seen) -> bytes:
    words = "You exceeded your current quota, please check your plan and billing details."
    return _reply(429, _error(words, code="insufficient_quota", kind="insufficient_quota"))


def _echokey(seen: Seen) -> bytes:
    sent = seen.headers.get("authorization", seen.headers.get("api-key", "nothing"))
    return _reply(401, _error(f"Incorrect API key provided: {sent}", code="invalid_api_key"))


def _badmodel(seen: Seen) -> bytes:
    words = f"/chat/completions: Invalid model name passed in model={seen.behaviour}."
    return _reply(400, _error(words, code="400"))


def _reply(
    status: int, document: object, *, kind: str = "application/json", more: str = ""
) -> bytes:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    head = (
        f"HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{more}"
    )
    return f"{head}\r\n".encode() + body


def _limits(seen: Seen) -> bytes:
    left = {"x-ratelimit-remaining-requests": 41, "x-ratelimit-remaining-tokens": 149_984}
    resets = {"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-reset-tokens": "20ms"}
    return _reply(200, _completion(seen), more=_lines(left | resets))


def _busy(_seen: Seen) -> bytes:
    left = {"x-ratelimit-remaining-requests": 0, "x-ratelimit-reset-requests": "1m0.5s"}
    slower = _error("Rate limit reached", code="rate_limit_exceeded", kind="requests")
    return _reply(429, slower, more=_lines(left | {"retry-after": 7}))


def _later(_seen: Seen) -> bytes:
    slower = _error("Rate limit reached", code="rate_limit_exceeded", kind="requests")
    return _reply(429, slower, more=_lines({"retry-after": 0.2}))


def _lines(headers: dict[str, Any]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


_REPLIES: dict[str, Callable[[Seen], bytes]] = {
    "badmodel": _badmodel,
    "busy": _busy,
    "echokey": _echokey,
    "empty": lambda _: _reply(200, b""),
    "filter": _filter,
    "filtered": _filtered,
    "hidden429": lambda _: _reply(200, _error("slow down", code=429)),
    "html": lambda _: _reply(200, b"<!doctype html><title>Hi</title>", kind="text/html"),
    "limits": _limits,
    "huge": lambda _: _reply(200, b" " * (17 * 1024 * 1024)),
    "later": _later,
    "nochoices": _nochoices,
    "nousage": lambda seen: _reply(200, _completion(seen) | {"usage": None}),
    "nokey": lambda _: _reply(500, b"Internal Server Error", kind="text/plain"),
    "quota": _quota,
    "redirect": lambda _: _reply(307, b"", more="location: https://elsewhere.example/v1\r\n"),
    "silent503": lambda _: _reply(503, b""),
    "tools": _tools,
    "truncated": lambda seen: _reply(200, json.dumps(_completion(seen)).encode()[:-40]),
    "types": _types,
    "wrongkey": lambda _: _reply(400, _error("No connected db.", code="400", kind="no_db")),
}


def main() -> None:
    """Serves until it is interrupted."""
    parser = argparse.ArgumentParser(description="A chat-completions server that goes wrong.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    port = parser.parse_args().port
    server = FaultyOpenAI()

    async def run() -> None:
        await _run(server, asyncio.Event(), lambda: print(server.port, flush=True), port)  # noqa: T201 - its output

    asyncio.run(run())


if __name__ == "__main__":
    main()
