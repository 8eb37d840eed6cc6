"""How fast whole evaluations are, against the bare client loop, side by side in one run.

    python benchmarks/speed.py [--cases N] [--concurrency C] [--runs R]

A server on loopback answers at once. The floor is the least program that sends the same prompts
with aiohttp and looks for one text in each answer; agentops does the same as a suite and writes
JUnit and JSON. Both are whole processes, start-up included.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
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

    def __init__(self) -> None:
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
            if self._transport:
                self._transport.write(_answer(json.loads(body)))


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


async def serve() -> None:
    """Serves until it is killed; prints its port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def floor(cases: int, concurrency: int) -> None:
    """The bare loop: workers over one iterator, one session, one check an answer."""
    import aiohttp

    url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
    waiting = iter(range(cases))
    found = 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:

        async def work() -> None:
            nonlocal found
            for case in waiting:
                body = {"model": "echo", "messages": [{"role": "user", "content": text_of(case)}]}
                async with session.post(url, json=body) as response:
                    answer = await response.json()
                found += f"token-{case}-end" in answer["choices"][0]["message"]["content"]

        await asyncio.gather(*(work() for _ in range(concurrency)))
    if found != cases:
        raise SystemExit(f"{cases - found} answers were wrong")


def write_suite(folder: Path, cases: int) -> None:
    """The same work as a suite."""
    (folder / "echo.prompt.md").write_text(PROMPT, encoding="utf-8")
    rows = "".join(
        f'  - {{id: c{n}, input: "{text_of(n)}", mustContain: ["token-{n}-end"]}}\n'
        for n in range(cases)
    )
    (folder / "s.yaml").write_text(f"prompt: echo.prompt.md\ncases:\n{rows}", encoding="utf-8")


async def compare(cases: int, concurrency: int, runs: int) -> None:
    """Starts the server and prints one table."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "serve", stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout  # noqa: S101 # It was asked for.
    port = int(await server.stdout.readline())
    environ = {"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", "OPENAI_API_KEY": "sk-none"}
    bare, ours = "bare aiohttp loop", "agentops eval"
    with tempfile.TemporaryDirectory() as name:
        write_suite(Path(name), cases)
        reports = ["--junit", f"{name}/j.xml", "--json", f"{name}/r.json"]
        timings = side_by_side(
            {
                bare: [sys.executable, __file__, "floor", str(cases), str(concurrency)],
                ours: [
                    *(sys.executable, "-m", "agentops_cli", "eval", f"{name}/s.yaml"),
                    *("--concurrency", str(concurrency), *reports),
                ],
            },
            runs=runs,
            env=environ,
        )
    server.kill()
    await server.wait()
    print(f"{cases} cases at concurrency {concurrency}, {runs} runs, medians")
    print_ratios(timings, base=bare)
    share = timings[bare].wall_s / timings[ours].wall_s
    print(f"agentops runs at {share:.0%} of the bare loop's speed")


def main() -> None:
    """Compares; with `serve` or `floor` it is one side of the comparison."""
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve())
    elif sys.argv[1:2] == ["floor"]:
        asyncio.run(floor(*map(int, sys.argv[2:])))
    else:
        parser = argparse.ArgumentParser(description=__doc__)
        parser.add_argument("--cases", type=int, default=1000)
        parser.add_argument("--concurrency", type=int, default=20)
        parser.add_argument("--runs", type=int, default=5)
        given = parser.parse_args()
        asyncio.run(compare(given.cases, given.concurrency, given.runs))


if __name__ == "__main__":
    main()
