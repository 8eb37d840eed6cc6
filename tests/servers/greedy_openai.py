"""A chat-completions server that takes what it can get, and keeps the bill.

It counts up to twice the input tokens that `most_input_tokens` gives for what it was sent, and as
many output tokens as `max_tokens` allows, at a millionth of a dollar for one of input and four for
one of output. Of 100 calls some 10 fail with HTTP 500, half of them after they were charged, and 2
are charged and never answered. Everything is on the bill before a byte of it goes out.

    python -m tests.servers.greedy_openai SEED        (prints its port, then serves until its end)

`GET /bill` tells what it is owed and for how many calls. It is a process of its own, so that the
bill outlives whoever is killed.
"""

import asyncio
import json
import random
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from decimal import Decimal

from agentops_cli.guards.bounds import most_input_tokens
from agentops_cli.model.call import Request
from agentops_cli.model.prompt import Message

MICRO_USD_PER_INPUT = 1
MICRO_USD_PER_OUTPUT = 4
FAILING, STALLING = 0.10, 0.02


@dataclass(kw_only=True)
class Bill:
    """What is owed, in millionths of a dollar, and for how many calls of each kind."""

    micro_usd: int = 0
    answered: int = 0
    failed: int = 0
    stalled: int = 0
    most_open: int = 0

    @property
    def usd(self) -> Decimal:
        """The same in dollars."""
        return Decimal(self.micro_usd).scaleb(-6)

    @property
    def calls(self) -> int:
        """All calls that came."""
        return self.answered + self.failed + self.stalled


@dataclass(kw_only=True)
class GreedyOpenAI:
    """The server; what it does with a call is drawn, and the same again for the same seed."""

    random: random.Random
    bill: Bill = field(default_factory=Bill)
    open_now: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one connection, call by call, until either side ends it."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                size = int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
                body = await reader.readexactly(size)
                if head.startswith(b"get /bill"):
                    writer.write(_reply(200, asdict(self.bill)))
                elif not await self._answer(json.loads(body), reader, writer):
                    return
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, body: dict[str, object], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Charges, and answers or not; False when nothing more comes on this connection."""
        self.open_now += 1
        self.bill.most_open = max(self.bill.most_open, self.open_now)
        try:
            fate, usage = self.random.random(), self._usage(body)
            latency_s = self.random.random() / 20
            if fate < FAILING:
                self.bill.failed += 1
                if fate < FAILING / 2:
                    self._charge(usage)
                await asyncio.sleep(latency_s)
                writer.write(_reply(500, {"error": {"message": "so it goes"}}))
                return True
            self._charge(usage)
            if fate < FAILING + STALLING:
                self.bill.stalled += 1
                await reader.read()  # Until the client has had enough.
                return False
            self.bill.answered += 1
            await asyncio.sleep(latency_s)
            writer.write(_reply(200, _completion(usage)))
            return True
        finally:
            self.open_now -= 1

    def _usage(self, body: dict[str, object]) -> tuple[int, int]:
        """What it says that the call took: mostly all that it may."""
        said = body["messages"]
        assert isinstance(said, list)
        messages = tuple(Message(role=one["role"], content=one["content"]) for one in said)
        asked = Request(model="", messages=messages, max_tokens=0)
        most_in, most_out = 2 * most_input_tokens(asked), int(str(body["max_tokens"]))
        if self.random.random() < 0.7:
            return most_in, most_out
        return self.random.randint(1, most_in), self.random.randint(0, most_out)

    def _charge(self, usage: tuple[int, int]) -> None:
        read, written = usage
        self.bill.micro_usd += read * MICRO_USD_PER_INPUT + written * MICRO_USD_PER_OUTPUT


def _completion(usage: tuple[int, int]) -> dict[str, object]:
    read, written = usage
    message = {"role": "assistant", "content": "Here is your answer."}
    return {
        "model": "greedy",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": read, "completion_tokens": written},
    }


def _reply(status: int, document: object) -> bytes:
    content = json.dumps(document).encode()
    head = f"HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(content)}\r\n\r\n".encode() + content


@dataclass(frozen=True, kw_only=True)
class Running:
    """A server in a process of its own."""

    url: str

    def bill(self) -> Bill:
        """The bill as it is now."""
        with urllib.request.urlopen(f"{self.url.removesuffix('/v1')}/bill") as answer:  # noqa: S310 # Our own.
            return Bill(**json.load(answer))


@contextmanager
def running(seed: int) -> Iterator[Running]:
    """Starts a server, and ends it."""
    command = [sys.executable, "-m", "tests.servers.greedy_openai", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Running(url=f"http://127.0.0.1:{process.stdout.readline().strip()}/v1")
        finally:
            process.terminate()


async def main(seed: int) -> None:
    """Serves until it is ended."""
    greedy = GreedyOpenAI(random=random.Random(seed))  # noqa: S311 # Fates, not secrets.
    server = await asyncio.start_server(greedy.serve, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 # Its output.
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
