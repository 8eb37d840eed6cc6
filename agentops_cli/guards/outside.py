"""What the guards of calls take from outside, so that a test can hand in something else."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from agentops_cli.ports import Clock


def _say_nothing(_words: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A clock, a way to wait, chance, and who is told.

    `sleep` takes seconds; `random` gives a number from 0 up to 1. `on_incident` hears the name of a
    guard and what it did, for the report; `on_wait` what calls wait for, for whoever watches.
    """

    clock: Clock
    sleep: Callable[[float], Awaitable[None]]
    random: Callable[[], float]
    on_incident: Callable[[str, str], None]
    on_wait: Callable[[str], None] = _say_nothing

    async def comes(self, event: asyncio.Event, *, by: float) -> bool:
        """Waits for an event, until a moment of the clock at most; True when it has come."""
        if by == math.inf:
            return await event.wait()
        waits: set[asyncio.Future[Any]] = {
            asyncio.ensure_future(event.wait()),
            asyncio.ensure_future(self.sleep(by - self.clock())),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
        return event.is_set()
