"""Calls wait for their turn: no faster than a provider takes them, and than the settings allow.

Who waits here has no money reserved, and its waiting is no part of any latency.
"""

import asyncio
import math
from collections.abc import Mapping

from agentops_cli.errors import GatewayError
from agentops_cli.guards.deadline import too_late
from agentops_cli.guards.lane import Lane
from agentops_cli.guards.outside import Outside
from agentops_cli.model.call import Completion, Fault, FaultKind, Request
from agentops_cli.model.settings import ModelSettings, Retry
from agentops_cli.ports import Gateway

_MOST_DOUBLINGS = 30  # Beyond any longest wait, and far from what a float holds.

# Nothing else in a minute: then it is no limit a minute, which is what waiting helps against.
_LONGEST_UNANSWERED_S = 60.0


class Throttled:
    """A gateway that keeps each model at a pace that its provider takes.

    At most `concurrency` calls of a model are under way; after a 429 half as many, and one more
    again for each full round of answers. No call of the model begins for a while then, either: from
    half of `retry.base_s` to all of it, twice that after the next 429 that comes before an answer,
    up to `retry.most_s`. Where that is longer, it is as long as a reply with `Retry-After` asks
    for. A wait beyond `retry.deadline_s` is not believed. A model that has said nothing but 429 for
    so long, in the end to one call at a time, is given up; one that has never said anything else in
    this run after a minute.

    `models` may limit the requests (`rpm`) and tokens (`tpm`) that any minute sees: a call counts
    with what it is likely to use, and with what it has used as soon as that is known. Where replies
    tell what is left, no more calls are begun than fit. Calls begin in the order in which they
    came; one that would have to wait past its `begins_by` is refused.
    """

    def __init__(
        self,
        inner: Gateway,
        outside: Outside,
        *,
        models: Mapping[str, ModelSettings],
        concurrency: int,
        retry: Retry,
    ) -> None:
        self._inner = inner
        self._outside = outside
        self._settings = models
        self._concurrency = concurrency
        self._retry = retry
        self._lanes: dict[str, Lane] = {}
        self._not_believed: set[str] = set()

    async def complete(self, request: Request) -> Completion:
        """Answers through the inner gateway, when it is the call's turn."""
        try:
            lane = self._lanes[request.model]
        except KeyError:
            lane = self._meet(request.model)
        if lane.is_watched or lane.active >= lane.limit or lane.line:
            await self._enter(lane, request)
        halvings = lane.halvings
        turn = lane.begin(request, self._outside) if lane.is_watched else None
        lane.active += 1
        try:
            completion = await self._inner.complete(request)
        except GatewayError as error:
            self._failed(lane, request.model, error.fault, is_first=halvings == lane.halvings)
            lane.end()
            if turn is not None and not error.fault.billed:
                turn.settle(0)
            raise
        except BaseException:
            lane.end()
            raise
        lane.end()
        if lane.row or not lane.has_replied:
            lane.is_taken(by_now=halvings == lane.halvings)
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
        """Waits for the call's turn, in line."""
        outside, by = self._outside, request.begins_by
        place = asyncio.Event()
        lane.line.append(place)
        try:
            if lane.line[0] is not place and not await outside.comes(place, by=by):
                raise too_late(request.model, "others are in line before it")
            while (wait := lane.wait(request, now := outside.clock())) is not None:
                ends_sooner = wait.or_reply and lane.active
                if now >= by or (now + wait.s > by and not ends_sooner):
                    raise too_late(request.model, wait.why)
                if 1 <= wait.s < math.inf:
                    outside.on_wait(f"{request.model}: waiting {wait.s:.0f} s ({wait.why})")
                if ends_sooner:
                    await outside.comes(lane.next_end(), by=min(now + wait.s, by))
                else:
                    await outside.sleep(wait.s)
        finally:
            lane.leave(place)

    def _failed(self, lane: Lane, model: str, fault: Fault, *, is_first: bool) -> None:
        """Slows down where the provider asks for it; once for all calls of one moment."""
        now = self._outside.clock()
        asked_s = fault.retry_after_s
        if asked_s is not None and asked_s > self._retry.deadline_s:
            self._disbelieve(model, asked_s)
            asked_s = None
        if fault.kind is FaultKind.RATE_LIMIT and not fault.final:
            lane.refusals += 1
            if is_first:
                lane.leave_alone(now + self._pause_s(lane), "after a 429")
                lane.halve(now)
                self._give_up(lane, model, fault, now - lane.refused_since)
        elif fault.kind is not FaultKind.BUDGET:
            lane.is_taken(by_now=is_first)
        if asked_s is not None:
            lane.leave_alone(now + asked_s, "as it asks")
        if fault.limits is not None:
            lane.learn(fault.limits, now)

    def _pause_s(self, lane: Lane) -> float:
        """How long no call begins; other processes are not to come back at the same moment."""
        retry = self._retry
        ceiling_s = min(retry.most_s, retry.base_s * 2.0 ** min(lane.row, _MOST_DOUBLINGS))
        return (1 + self._outside.random()) / 2 * ceiling_s

    def _give_up(self, lane: Lane, model: str, fault: Fault, refused_s: float) -> None:
        patience_s = self._retry.deadline_s
        if not lane.has_replied:
            patience_s = min(patience_s, _LONGEST_UNANSWERED_S)
        if lane.limit > 1 or refused_s <= patience_s:
            return
        why = f"{model} is given up: nothing but 429 for {refused_s:.0f} s: {fault.message}"
        lane.give_up(
            Fault(
                kind=FaultKind.BREAKER,
                message=why,
                fix="run again later, or with less at once",
                final=True,
            )
        )
        self._outside.on_incident("throttle", why)

    def _disbelieve(self, model: str, asked_s: float) -> None:
        if model not in self._not_believed:
            self._not_believed.add(model)
            said = f"{model} asks to be left alone for {asked_s:g} s"
            most = f"retry.deadlineS ({self._retry.deadline_s:g})"
            self._outside.on_incident("throttle", f"{said}: longer than {most}, not believed")
