"""A process that has litellm imported, for every test that needs it: the import takes seconds.

It also keeps what litellm does to a process (variables, loggers, sessions) out of the tests' own.
Commands and answers are JSON, one a line. What litellm prints, and whom it tries to reach, is kept
for a test to look at.
"""

import asyncio
import atexit
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

A_KEY = "sk-the-key-in-the-variable-A_KEY"
ROOT = Path(__file__).parent.parent.parent


class Worker:
    """The process, seen from a test."""

    def __init__(self) -> None:
        self._noise = TemporaryFile()  # noqa: SIM115 - closed with the process, in `close`
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.litellm_worker"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._noise,
            env={
                "PATH": os.environ["PATH"],
                "HOME": os.environ["HOME"],
                "A_KEY": A_KEY,
                "PYTHONUNBUFFERED": "1",  # So that what is printed is there to be looked at.
            },
        )

    def ask(self, command: str, **arguments: Any) -> Any:
        """Sends a command and waits for its answer."""
        assert self._process.stdin
        assert self._process.stdout
        line = json.dumps({"command": command, "arguments": arguments})
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise AssertionError(f"the worker ended: {self.noise()}")
        return json.loads(answer)

    def noise(self) -> str:
        """Everything that was printed so far, on either stream."""
        return os.pread(self._noise.fileno(), 1_000_000, 0).decode()

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()
        self._noise.close()


@cache
def worker() -> Worker:
    """The one worker of this test run, started when it is first asked for."""
    started = Worker()
    atexit.register(started.close)
    return started


class _Served:
    """The commands, in the process itself."""

    def __init__(self) -> None:
        self.reached: list[str] = []
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.getaddrinfo":
            self.reached.append(str(arguments[0]))
        elif event == "socket.connect" and isinstance(arguments[1], tuple):
            self.reached.append(str(arguments[1][0]))

    async def imported(self) -> bool:
        """Whether litellm is in the process."""
        return "litellm" in sys.modules

    async def hosts(self) -> list[str]:
        """Whom the process tried to reach."""
        return sorted(set(self.reached))

    async def complete(
        self, model: str, settings: Mapping[str, Any], request: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Asks a model through the gateway: its answer, or its fault."""
        from dataclasses import asdict

        from agentops_cli.errors import GatewayError
        from agentops_cli.gateways.litellm import LiteLLM
        from agentops_cli.model.prompt import Message, Sampling
        from agentops_cli.model.settings import ModelSettings
        from agentops_cli.model.tool import Tool, ToolCall
        from tests.builders import a_request

        gateway = LiteLLM({model: ModelSettings(**settings)}, environ=os.environ, concurrency=4)
        changes = dict(request)
        if "sampling" in changes:
            changes["sampling"] = Sampling(**changes["sampling"])
        if "messages" in changes:
            changes["messages"] = tuple(
                Message(**one | {"tool_calls": tuple(ToolCall(**c) for c in one["tool_calls"])})
                for one in changes["messages"]
            )
        changes["tools"] = tuple(Tool(**tool) for tool in changes.get("tools", ()))
        try:
            answer = await gateway.complete(a_request(model=model, **changes))
            return {"completion": asdict(answer) | {"cost": None}}
        except GatewayError as error:
            return {"fault": asdict(error.fault)}
        finally:
            await gateway.close()

    async def cost(self, calls: list[dict[str, Any]]) -> list[float | str]:
        """litellm's own dollars for each call."""
        from agentops_cli.gateways.litellm import _import

        litellm = _import()
        return [_cost(litellm, **call) for call in calls]


def _cost(litellm: Any, model: str, tokens: Mapping[str, int]) -> Any:
    input_tokens, output_tokens = tokens["input"], tokens["output"]
    details = litellm.types.utils.PromptTokensDetailsWrapper(
        cached_tokens=tokens["cached"], cache_write_tokens=tokens["written"]
    )
    usage = litellm.types.utils.Usage(
        prompt_tokens=input_tokens,
        completion_tokens=output_tokens,
        total_tokens=input_tokens + output_tokens,
        prompt_tokens_details=details,
    )
    try:
        return sum(litellm.cost_per_token(model=model, usage_object=usage))
    except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
        return f"{type(error).__name__}: {error}"


def main() -> None:
    """Answers commands until its input ends."""
    # What anything prints goes to stderr; only answers go to the stream that the tests read.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    served = _Served()

    async def serve() -> None:
        while line := await asyncio.to_thread(sys.stdin.readline):
            asked = json.loads(line)
            answer = await getattr(served, asked["command"])(**asked["arguments"])
            print(json.dumps(answer, default=str), file=answers, flush=True)

    asyncio.run(serve())


if __name__ == "__main__":
    main()
