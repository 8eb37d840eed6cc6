"""Answers by content: the same question is paid for once."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from agentops_cli.errors import GatewayError
from agentops_cli.model.call import Completion, Fault, Finish, Purpose, Request
from agentops_cli.model.money import Cost
from agentops_cli.ports import Gateway, ResponseCache

_Flight: TypeAlias = "asyncio.Future[Completion | Fault]"


def is_for_judge(request: Request) -> bool:
    """True for an opinion of an answer, which may be kept; an answer under test may not."""
    return request.purpose is Purpose.JUDGE


class Cached:
    """A gateway that keeps the answers of the requests that it `serves`.

    A question that is asked again while the first call is under way waits for that one's answer,
    also for its fault. Whoever did not pay for an answer gets it as `cached`, at no cost. What is
    cut off, filtered or empty is given and not kept.
    """

    def __init__(
        self, inner: Gateway, cache: ResponseCache, *, serves: Callable[[Request], bool]
    ) -> None:
        self._inner = inner
        self._cache = cache
        self._serves = serves
        self._flights: dict[str, _Flight] = {}

    async def complete(self, request: Request) -> Completion:
        """Answers from what is kept, or through the inner gateway."""
        if not self._serves(request):
            return await self._inner.complete(request)
        key = request.fingerprint()
        while (flight := self._flights.get(key)) is not None:
            # Waiting this way, a cancellation of this call leaves the other one alone.
            await asyncio.wait([flight])
            if not flight.cancelled():
                return _unpaid(flight.result())
        kept = self._cache.get(key)
        return await self._fly(key, request) if kept is None else _unpaid(kept)

    async def close(self) -> None:
        """Closes the inner gateway and the cache."""
        try:
            await self._inner.close()
        finally:
            self._cache.close()

    async def _fly(self, key: str, request: Request) -> Completion:
        flight: _Flight = asyncio.get_running_loop().create_future()
        self._flights[key] = flight
        try:
            completion = await self._inner.complete(request)
        except GatewayError as error:
            flight.set_result(error.fault)
            raise
        else:
            if _may_be_kept(completion):
                self._cache.put(key, completion)
            flight.set_result(completion)
            return completion
        finally:
            del self._flights[key]
            flight.cancel()  # Does nothing to one that has landed; else the next in line asks.


def _may_be_kept(completion: Completion) -> bool:
    ended = completion.finish not in {Finish.LENGTH, Finish.FILTERED}
    return ended and bool(completion.text.strip())


def _unpaid(landed: Completion | Fault) -> Completion:
    if isinstance(landed, Fault):
        raise GatewayError(replace(landed, billed=False))
    return replace(landed, cached=True, cost=Cost())
