"""Calls wait for their turn: no faster than a provider takes them, and than the settings allow.

Who waits here has no money reserved, and its waiting is no part of any latency.
"""

import math
from collections.abc import Mapping

from agentops_cli.errors import GatewayError
from agentops_cli.guards.lane import Lane
from agentops_cli.guards.outside import Outside
from agentops_cli.model.call import Completion, Fault, FaultKind, Request
from agentops_cli.model.settings import ModelSettings
from agentops_cli.ports import Gateway


class Throttled:
    """A gateway that keeps each model at a pace that its provider takes.

    At most `concurrency` calls of a model are under way; after a 429 half as many, and one more
    again for each full round of answers. `models` may limit the requests (`rpm`) and tokens
    (`tpm`) that any minute sees: a call counts with what it is likely to use, and with what it has
    used as soon as that is known. After a reply with `Retry-After` no call of the model begins
    sooner; one that would have to wait longer than `longest_wait_s` for that is refused. Where
    replies tell what is left, no more calls are begun than fit. Calls begin in the order in which
    they came.
    """

    def __init__(
        self,
        inner: Gateway,
        outside: Outside,
        *,
        models: Mapping[str, ModelSettings],
        concurrency: int,
        longest_wait_s: float,
    ) -> None:
        self._inner = inner
        self._outside = outside
        self._settings = models
        self._concurrency = concurrency
        self._longest_wait_s = longest_wait_s
        self._lanes: dict[str, Lane] = {}

    async def complete(self, request: Request) -> Completion:
        """Answers through the inner gateway, when it is the call's turn."""
        try:
            lane = self._lanes[request.model]
        except KeyError:
            lane = self._meet(request.model)
        if lane.is_watched or lane.active >= lane.limit or lane.door.locked():
            await self._enter(lane, request)
        halvings = lane.halvings
        turn = lane.begin(request, self._outside) if lane.is_watched else None
        lane.active += 1
        try:
            completion = await self._inner.complete(request)
        except GatewayError as error:
            self._refused(lane, error.fault, is_first=halvings == lane.halvings)
            lane.end()
            if turn is not None and not error.fault.billed:
                turn.settle(0)
            raise
        except BaseException:
            lane.end()
            raise
        lane.end()
        if lane.limit < lane.most:
            lane.grow()
        usage = completion.usage
        if turn is not None and usage is not None:
            turn.settle(usage.total_tokens)
        if completion.limits is not None:
            lane.largest = max(lane.largest, usage.total_tokens if usage else 0)
            lane.learn(completion.limits, self._outside.clock())
        return completion

    async def close(self) -> None:
        """Tells how often providers asked for a slower pace, and closes the inner gateway."""
        for model, lane in self._lanes.items():
            if lane.refusals:
                times = f"{lane.refusals:,} times" if lane.refusals > 1 else "once"
                said = f"{model} asked for a slower pace {times}"
                lowest = f"{lane.lowest} calls" if lane.lowest > 1 else "1 call"
                self._outside.on_incident("throttle", f"{said}; at the least {lowest} at once")
        await self._inner.close()

    def _meet(self, model: str) -> Lane:
        settings = self._settings.get(model) or ModelSettings()
        lane = Lane(self._concurrency, rpm=settings.rpm, tpm=settings.tpm)
        self._lanes[model] = lane
        return lane

    async def _enter(self, lane: Lane, request: Request) -> None:
        """Waits for the call's turn; whoever is first in line keeps the door."""
        outside = self._outside
        async with lane.door:
            while (wait := lane.wait(request, outside.clock())) is not None:
                if wait.is_asked and wait.s > self._longest_wait_s:
                    raise GatewayError(_too_long(request.model, wait.s, self._longest_wait_s))
                if 1 <= wait.s < math.inf:
                    outside.on_wait(f"{request.model}: waiting {wait.s:.0f} s ({wait.why})")
                if wait.or_reply and lane.active:
                    await lane.reply(wait.s, outside)
                else:
                    await outside.sleep(wait.s)

    def _refused(self, lane: Lane, fault: Fault, *, is_first: bool) -> None:
        """Slows down where the provider asks for it; once for all calls of one moment."""
        now = self._outside.clock()
        if fault.kind is FaultKind.RATE_LIMIT and not fault.final:
            lane.refusals += 1
            if is_first:
                lane.halve()
        if fault.retry_after_s is not None:
            lane.leave_alone(now + fault.retry_after_s)
        if fault.limits is not None:
            lane.learn(fault.limits, now)


def _too_long(model: str, wait_s: float, longest_wait_s: float) -> Fault:
    return Fault(
        kind=FaultKind.RATE_LIMIT,
        message=f"{model} asks to be left alone for {wait_s:.0f} s more, retry.deadlineS is"
        f" {longest_wait_s:g}",
        fix="run again later, or raise retry.deadlineS",
        retry_after_s=wait_s,
    )
