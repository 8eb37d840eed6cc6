"""What one model takes right now, as far as it is known."""

import asyncio
import math
from typing import Any

from agentops_cli.guards.minute import Minute, Turn, Wait
from agentops_cli.guards.outside import Outside
from agentops_cli.model.call import RateLimits, Request

# Providers say when a figure is full again, which for a limit a day may be hours; the first call
# fits long before that.
_LONGEST_HOLD_S = 60.0


class Lane:
    """The calls of one model: those under way, and when another one may begin.

    `limit` is how many may be under way, of the `most` that ever may. `is_watched` is True when
    there is more to look at than that. `refusals` counts the times that the pace was too fast,
    `halvings` those that it was slowed down for, `lowest` is the least limit so far. Whoever holds
    the `door` is first in line. `largest` are the most tokens that a call has used.
    """

    def __init__(self, most: int, *, rpm: int | None, tpm: int | None) -> None:
        self.most = self.limit = self.lowest = most
        self.active = 0
        self.halvings = 0
        self.refusals = 0
        self.largest = 0
        self.door = asyncio.Lock()
        self._minute = Minute(rpm=rpm, tpm=tpm) if rpm or tpm else None
        self.is_watched = self._minute is not None
        self._asked_until = self._held_until = -math.inf
        self._room: int | None = None
        self._answers = 0
        self._reply: asyncio.Event | None = None

    def wait(self, request: Request, now: float) -> Wait | None:
        """What a call has to wait for, None when it may begin."""
        if self._asked_until > now:
            return Wait(s=self._asked_until - now, why="as it asks", is_asked=True)
        if self._held_until > now:
            return Wait(s=self._held_until - now, why="its limit is reached")
        is_full = self._room is not None and self._room <= 0 and self.active > 0
        if is_full or self.active >= self.limit:
            return Wait(s=math.inf, why="others are under way", or_reply=True)
        if self._minute is not None:
            return self._minute.wait(request, now)
        self.is_watched = self._room is not None
        return None

    def begin(self, request: Request, outside: Outside) -> Turn | None:
        """Counts a call that begins now."""
        if self._room is not None:
            self._room -= 1
        return self._minute.begin(request, outside.clock()) if self._minute else None

    def end(self) -> None:
        """Counts a call that has ended."""
        self.active -= 1
        if self._reply is not None:
            self._reply.set()

    async def reply(self, within_s: float, outside: Outside) -> None:
        """Waits until a call has ended, or so long; only whoever keeps the door does."""
        self._reply = asyncio.Event()
        waits: set[asyncio.Future[Any]] = {asyncio.ensure_future(self._reply.wait())}
        if within_s < math.inf:
            waits.add(asyncio.ensure_future(outside.sleep(within_s)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._reply = None
            for each in waits:
                each.cancel()

    def halve(self) -> None:
        """Half as many calls as were under way when there were too many."""
        self.limit = max(1, min(self.limit, self.active) // 2)
        self.lowest = min(self.lowest, self.limit)
        self.halvings += 1
        self._answers = 0

    def grow(self) -> None:
        """Counts an answer: after a full round of them there may be one call more."""
        self._answers += 1
        if self._answers >= self.limit:
            self.limit += 1
            self._answers = 0

    def leave_alone(self, until: float) -> None:
        """Lets no call begin before a moment that the provider named."""
        self._asked_until = max(self._asked_until, until)
        self.is_watched = True

    def learn(self, limits: RateLimits, now: float) -> None:
        """Takes what a reply says of what is left: how many more calls fit into it.

        Those under way may not be counted in it yet. Nothing is taken of a figure without a reset.
        """
        fits: list[int] = []
        for left, resets_s, each in (
            (limits.remaining_requests, limits.resets_requests_s, 1),
            (limits.remaining_tokens, limits.resets_tokens_s, max(1, self.largest)),
        ):
            if left is None or not resets_s:
                continue
            fits.append(left // each)
            if left < each:
                self._held_until = max(self._held_until, now + min(resets_s, _LONGEST_HOLD_S))
        room = min(fits, default=None)
        is_plenty = room is None or room >= 2 * self.most
        self._room = None if room is None or is_plenty else room - self.active
        self.is_watched = self.is_watched or self._room is not None or self._held_until > now
