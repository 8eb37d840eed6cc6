"""What one model takes right now, as far as it is known."""

import asyncio
import math
from collections import deque

from agentops_cli.errors import GatewayError
from agentops_cli.guards.minute import Minute, Turn, Wait
from agentops_cli.guards.outside import Outside
from agentops_cli.model.call import Fault, RateLimits, Request

# Providers say when a figure is full again, which for a limit a day may be hours; the first call
# fits long before that.
_LONGEST_HOLD_S = 60.0


class Lane:
    """The calls of one model: those under way, and when another one may begin.

    `limit` is how many may be under way, of the `most` that ever may. `is_watched` is True when
    there is more to look at than that. `refusals` counts the times that the pace was too fast,
    `halvings` those that it was slowed down for, `row` those since the pace was right again, which
    began at `refused_since`; `lowest` is the least limit so far. `has_replied` is True once the
    pace was right at all. Who waits stands in `line`, the first in line looks whether it may go.
    `largest` are the most tokens that a call has used. `given_up` is why no call is made any more.
    """

    def __init__(self, most: int, *, rpm: int | None, tpm: int | None) -> None:
        self.most = self.limit = self.lowest = most
        self.active = 0
        self.halvings = 0
        self.refusals = 0
        self.row = 0
        self.refused_since = math.inf
        self.has_replied = False
        self.largest = 0
        self.given_up: Fault | None = None
        self.line: deque[asyncio.Event] = deque()
        self._minute = Minute(rpm=rpm, tpm=tpm) if rpm or tpm else None
        self.is_watched = self._minute is not None
        self._why_alone = ""
        self._alone_until = self._held_until = -math.inf
        self._room: int | None = None
        self._answers = 0
        self._ended = asyncio.Event()

    def wait(self, request: Request, now: float) -> Wait | None:
        """What a call has to wait for, None when it may begin.

        Raises `GatewayError` when the model is given up.
        """
        if self.given_up is not None:
            raise GatewayError(self.given_up)
        if self._alone_until > now:
            return Wait(s=self._alone_until - now, why=self._why_alone)
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
        self._ended.set()

    def next_end(self) -> asyncio.Event:
        """What comes when a call ends; only the first in line asks for it."""
        self._ended = asyncio.Event()
        return self._ended

    def leave(self, place: asyncio.Event) -> None:
        """Lets the next one be the first in line, if this was."""
        self.line.remove(place)
        if self.line:
            self.line[0].set()

    def halve(self, now: float) -> None:
        """Half as many calls as were under way when there were too many."""
        self.limit = max(1, min(self.limit, self.active) // 2)
        self.lowest = min(self.lowest, self.limit)
        self.halvings += 1
        self.row += 1
        self.refused_since = min(self.refused_since, now)
        self._answers = 0

    def is_taken(self, *, by_now: bool) -> None:
        """Counts a call whose pace was right; `by_now` when it began after the last halving."""
        self.has_replied = True
        self.refused_since = math.inf
        if by_now:
            self.row = 0

    def grow(self) -> None:
        """Counts an answer: after a full round of them there may be one call more."""
        self._answers += 1
        if self._answers >= self.limit:
            self.limit += 1
            self._answers = 0

    def leave_alone(self, until: float, why: str) -> None:
        """Lets no call begin before a moment."""
        if until > self._alone_until:
            self._alone_until, self._why_alone = until, why
        self.is_watched = True

    def give_up(self, why: Fault) -> None:
        """Lets no call begin any more."""
        self.given_up = why
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
