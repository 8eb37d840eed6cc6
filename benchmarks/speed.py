"""How fast whole evaluations are, against the bare client loop, side by side in one run.

    python -m benchmarks.speed [--cases N] [--concurrency C] [--runs R] [--latency-ms L]
                               [--client aiohttp|litellm]

A server on loopback answers at once, or after so many milliseconds. The floor is the least program
that sends the same prompts with one client and looks for one text in each answer; agentops does the
same as a suite, through the same client, and writes JUnit and JSON. Both are whole processes,
start-up included. Nothing is taken from the response cache, and nothing is put there.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.timing import print_ratios, side_by_side

PROMPT = """---
version: 1.0.0
model: openai/echo
temperature: 0
author: benchmarks
requires_review: false
max_tokens: 50
---
You repeat what you are told.
"""


def text_of(case: int) -> str:
    """What is sent for a case; distinct, so that an answer cannot be another's."""
    return f"Case {case}: what is six times seven? Answer in one sentence. token-{case}-end"


class Echo(asyncio.Protocol):
    """One connection to a server that repeats the last message, in as little time as can be."""

    def __init__(self, latency_s: float) -> None:
        self._latency_s = latency_s
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the way back."""
        self._transport = transport if isinstance(transport, asyncio.Transport) else None

    def data_received(self, data: bytes) -> None:
        """Answers every request that is complete."""
        self._buffer += data
        while (head := self._buffer.find(b"\r\n\r\n")) >= 0:
            fields = self._buffer[:head].lower()
            at = fields.find(b"content-length:")
            size = int(fields[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._buffer) < head + 4 + size:
                return
            body = self._buffer[head + 4 : head + 4 + size]
            self._buffer = self._buffer[head + 4 + size :]
            self._reply(_answer(json.loads(body)))

    def _reply(self, answer: bytes) -> None:
        if self._transport and self._latency_s:
            loop = asyncio.get_running_loop()
            loop.call_later(self._latency_s, self._transport.write, answer)
        elif self._transport:
            self._transport.write(answer)


def _answer(body: dict[str, list[dict[str, str]]]) -> bytes:
    content = body["messages"][-1]["content"]
    answer = {
        "model": "echo",
        "choices": [{"message": {"content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 20},
    }
    payload = json.dumps(answer).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % len(payload) + payload


async def serve(latency_s: float) -> None:
    """Serves until it is killed; prints its port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Echo(latency_s), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def floor_aiohttp(cases: int, concurrency: int) -> None:
    """The bare loop with one session of aiohttp's."""
    import aiohttp

    url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:

        async def ask(content: str) -> str:
            body = {"model": "echo", "messages": [{"role": "user", "content": content}]}
            async with session.post(url, json=body) as response:
                answer = await response.json()
            return str(answer["choices"][0]["message"]["content"])

        await _work_off(ask, cases, concurrency)


async def floor_litellm(cases: int, concurrency: int) -> None:
    """The bare loop with `litellm.acompletion`."""
    import litellm

    url = os.environ["OPENAI_BASE_URL"]

    async def ask(content: str) -> str:
        messages = [{"role": "user", "content": content}]
        answer = await litellm.acompletion(
            model="openai/echo", messages=messages, api_base=url, api_key="sk-none", num_retries=0
        )
        return str(answer.choices[0].message.content)

    await _work_off(ask, cases, concurrency)


FLOORS = {"aiohttp": floor_aiohttp, "litellm": floor_litellm}


async def _work_off(ask: Callable[[str], Awaitable[str]], cases: int, concurrency: int) -> None:
    """Workers over one iterator, one check an answer."""
    waiting = iter(range(cases))
    found = 0

    async def work() -> None:
        nonlocal found
        for case in waiting:
            answer = await ask(text_of(case))
            found += f"token-{case}-end" in answer

    await asyncio.gather(*(work() for _ in range(concurrency)))
    if found != cases:
        raise SystemExit(f"{cases - found} answers were wrong")


def write_suite(folder: Path, cases: int, *, client: str) -> None:
    """The same work as a suite, in a project that asks through one client."""
    gateway = {"aiohttp": "openai_chat"}.get(client, client)
    settings = f"models: {{openai/echo: {{gateway: {gateway}}}}}\n"
    (folder / "agentops.yaml").write_text(settings, encoding="utf-8")
    (folder / "echo.prompt.md").write_text(PROMPT, encoding="utf-8")
    rows = "".join(
        f'  - {{id: c{n}, input: "{text_of(n)}", mustContain: ["token-{n}-end"]}}\n'
        for n in range(cases)
    )
    (folder / "s.yaml").write_text(f"prompt: echo.prompt.md\ncases:\n{rows}", encoding="utf-8")


async def compare(given: argparse.Namespace) -> None:
    """Starts the server and prints one table."""
    cases, concurrency, client = str(given.cases), str(given.concurrency), given.client
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.speed", "serve", str(given.latency_ms / 1000)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert server.stdout  # noqa: S101 # It was asked for.
    port = int(await server.stdout.readline())
    environ = {
        "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
        "OPENAI_API_KEY": "sk-none",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    bare, ours = f"bare {client} loop", "agentops eval"
    with tempfile.TemporaryDirectory() as name:
        write_suite(Path(name), given.cases, client=client)
        reports = ["--junit", "j.xml", "--json", "r.json"]
        timings = side_by_side(
            {
                bare: [
                    *(sys.executable, "-m", "benchmarks.speed"),
                    *("floor", client, cases, concurrency),
                ],
                ours: [
                    *(sys.executable, "-m", "agentops_cli", "eval", "s.yaml"),
                    *("--concurrency", concurrency, "--no-cache", *reports),
                ],
            },
            runs=given.runs,
            env=environ,
            cwd=Path(name),
        )
    server.kill()
    await server.wait()
    print(
        f"{cases} cases at concurrency {concurrency}, "
        f"{given.latency_ms:g} ms latency, {given.runs} runs, medians"
    )
    print_ratios(timings, base=bare)
    share = timings[bare].wall_s / timings[ours].wall_s
    print(f"agentops runs at {share:.0%} of the bare loop's speed")


def main() -> None:
    """Compares; with `serve` or `floor` it is one side of the comparison."""
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(float(sys.argv[2])))
    elif sys.argv[1:2] == ["floor"]:
        client, *figures = sys.argv[2:]
        asyncio.run(FLOORS[client](*map(int, figures)))
    else:
        parser = argparse.ArgumentParser(description=__doc__)
        parser.add_argument("--cases", type=int, default=1000)
        parser.add_argument("--concurrency", type=int, default=20)
        parser.add_argument("--runs", type=int, default=5)
        parser.add_argument("--latency-ms", type=float, default=0)
        parser.add_argument("--client", choices=FLOORS, default="aiohttp")
        asyncio.run(compare(parser.parse_args()))


if __name__ == "__main__":
    main()
