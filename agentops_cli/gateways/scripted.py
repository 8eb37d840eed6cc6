"""Answers from a table or a function: the gateway of the tests."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from agentops_cli.errors import GatewayError
from agentops_cli.model.call import Completion, Fault, FaultKind, Finish, Request
from agentops_cli.model.money import Usage
from agentops_cli.model.tool import ToolCall

Reply: TypeAlias = str | ToolCall | Completion | Fault
"""An answer's text, the one tool that it calls, a whole answer, or why there is none."""

Scene: TypeAlias = Callable[[Request], Reply | Awaitable[Reply]]
"""What to say to each request."""

Script: TypeAlias = Reply | Scene | Mapping[str, Reply | Scene | Sequence[Reply]]


class Scripted:
    """A gateway that does what it is told, and remembers what it was asked.

    The script is one reply for all, or a function of the request, which may wait for something, or
    a table of these by case id, where a list has one reply for each repeat; `in_order` has one for
    each call of a trial. A case that the table lacks is a fault. `gate`, if given, holds every call
    until it is set. `requests` are all that came, `most_in_flight` how many of them were waiting at
    once.
    """

    def __init__(
        self,
        script: Script,
        *,
        usage: Usage | None = Usage(input_tokens=10, output_tokens=5),
        latency_s: float = 0.25,
        gate: asyncio.Event | None = None,
    ) -> None:
        self._script = script
        self._usage = usage
        self._latency_s = latency_s
        self._gate = gate
        self._in_flight = 0
        self.requests: list[Request] = []
        self.most_in_flight = 0
        self.closed = False

    @property
    def calls(self) -> int:
        """How often it was asked."""
        return len(self.requests)

    async def complete(self, request: Request) -> Completion:
        """Answers as the script says, or raises `GatewayError` with the fault that it holds."""
        self.requests.append(request)
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            # A turn for the others even without a gate: a real call never answers at once.
            await (self._gate.wait() if self._gate else asyncio.sleep(0))
            return self._completion(request, await self._reply(request))
        finally:
            self._in_flight -= 1

    async def close(self) -> None:
        """Remembers that it was closed."""
        self.closed = True

    async def _reply(self, request: Request) -> Reply:
        script = self._script
        if isinstance(script, Mapping):
            script = _from_table(script, request)
        if not callable(script):
            return script
        reply = script(request)
        return await reply if isinstance(reply, Awaitable) else reply

    def _completion(self, request: Request, reply: Reply) -> Completion:
        if isinstance(reply, Fault):
            raise GatewayError(reply)
        if isinstance(reply, Completion):
            return reply
        calls = (reply,) if isinstance(reply, ToolCall) else ()
        return Completion(
            text="" if isinstance(reply, ToolCall) else reply,
            finish=Finish.TOOL if calls else Finish.STOP,
            model=request.model,
            latency_s=self._latency_s,
            usage=self._usage,
            tool_calls=calls,
        )


def in_order(*replies: Reply) -> Scene:
    """Gives each trial the replies one after another, whatever turns and steps they make."""
    asked: Counter[tuple[str, str, int]] = Counter()

    def reply(request: Request) -> Reply:
        trial = (_case_id(request), request.model, request.repeat)
        asked[trial] += 1
        if asked[trial] <= len(replies):
            return replies[asked[trial] - 1]
        return _missing(f"call {asked[trial]} of case {trial[0]!r}")

    return reply


def _from_table(
    table: Mapping[str, Reply | Scene | Sequence[Reply]], request: Request
) -> Reply | Scene:
    case_id = _case_id(request)
    replies = table.get(case_id, ())
    if isinstance(replies, str) or not isinstance(replies, Sequence):
        return replies
    if request.repeat < len(replies):
        return replies[request.repeat]
    return _missing(f"case {case_id!r}, repeat {request.repeat}")


def _case_id(request: Request) -> str:
    return request.tags.case_id if request.tags else ""


def _missing(what: str) -> Fault:
    return Fault(kind=FaultKind.MISS, message=f"the script has no reply for {what}")
