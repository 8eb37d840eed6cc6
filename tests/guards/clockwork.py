"""Time that goes on when a test says so, and what guards say as it goes."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Coroutine
from itertools import count
from typing import Any

from agentops_cli.errors import GatewayError
from agentops_cli.guards.outside import Outside
from agentops_cli.model.call import Completion, Fault, FaultKind, Request

_TURNS = 30  # Of the loop, until whatever can go on without time has done so.


class Clockwork:
    """A clock that stands still but for `run`, which jumps to the next moment that is waited for.

    `incidents` and `waits` are what guards told; `random` is what chance gives.
    """

    def __init__(self, *, random: float = 0.0) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self.incidents: list[tuple[str, str]] = []
        self.waits: list[str] = []
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self.outside = Outside(
            clock=lambda: self.now,
            sleep=self.sleep,
            random=lambda: random,
            on_incident=lambda guard, message: self.incidents.append((guard, message)),
            on_wait=self.waits.append,
        )

    async def sleep(self, seconds: float) -> None:
        """Waits until `run` has come so far."""
        self.slept.append(seconds)
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._numbers), woken))
        await woken

    async def run(self, *work: Coroutine[Any, Any, Any]) -> list[Any]:
        """Runs the work to its end; gives results, and for what failed the exception."""
        tasks = [asyncio.ensure_future(each) for each in work]
        await self.until(lambda: all(task.done() for task in tasks))
        return await asyncio.gather(*tasks, return_exceptions=True)

    async def until(self, done: Callable[[], bool]) -> None:
        """Lets time go on until something is so; fails when nobody waits for any moment."""
        await idle()
        while not done():
            assert self._sleepers, "everything waits, and not for time"
            moment = self._sleepers[0][0]
            while self._sleepers and self._sleepers[0][0] == moment:
                _, _, woken = heapq.heappop(self._sleepers)
                if not woken.done():
                    self.now = max(self.now, moment)
                    woken.set_result(None)
            await idle()


async def idle() -> None:
    """Returns when whatever can go on without time has done so."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


class Provider:
    """A gateway that a test answers for: `replies` one after the other, then `then` for ever.

    A reply may be a function of the request, awaited. `times` are the moments of the calls.
    """

    def __init__(
        self,
        clock: Clockwork,
        *replies: "Reply",
        then: "Reply | None" = None,
        takes_s: float = 0.0,
    ) -> None:
        self._clock = clock
        self._replies = list(replies)
        self._then = then
        self._takes_s = takes_s
        self.requests: list[Request] = []
        self.times: list[float] = []
        self.active = self.most_active = 0
        self.closed = 0

    async def complete(self, request: Request) -> Completion:
        """Gives the next reply."""
        self.requests.append(request)
        self.times.append(self._clock.now - 1000)
        self.active += 1
        self.most_active = max(self.active, self.most_active)
        try:
            reply = self._replies.pop(0) if self._replies else self._then
            assert reply is not None, "one call too many"
            if self._takes_s:
                await self._clock.sleep(self._takes_s)
            if callable(reply):
                reply = await reply(request)
        finally:
            self.active -= 1
        if isinstance(reply, Fault):
            raise GatewayError(reply)
        return reply

    async def close(self) -> None:
        """Counts how often it was closed."""
        self.closed += 1


Reply = Completion | Fault | Callable[[Request], Awaitable[Completion | Fault]]


def fault_in(result: object) -> Fault:
    """The fault that a call ended with."""
    assert isinstance(result, GatewayError), result
    return result.fault


def a_failure(kind: FaultKind = FaultKind.CONNECTION, **changes: Any) -> Fault:
    """A call that gave nothing, with the kind as its message."""
    return Fault(kind=kind, message=changes.pop("message", kind.value), **changes)
