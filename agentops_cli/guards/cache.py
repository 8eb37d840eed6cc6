"""Answers by content: the same question is paid for once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias

from agentops_cli.errors import GatewayError
from agentops_cli.model.call import Completion, Fault, FaultKind, Finish, Request
from agentops_cli.model.embedding import EMBEDDING_MODEL
from agentops_cli.model.ids import Kind, kind_of
from agentops_cli.model.money import Cost
from agentops_cli.ports import Gateway, ResponseCache

_Flight: TypeAlias = "asyncio.Future[Completion | Fault]"

# An agent has a state, a recording is kept already, and a script costs nothing.
_NEVER_KEPT = frozenset({Kind.AGENT, Kind.REPLAY, Kind.SCRIPTED})
_CUT_SHORT = frozenset({Finish.LENGTH, Finish.FILTERED})

# How often one looks whether another process has its answer.
_FIRST_LOOK_S, _LAST_LOOK_S = 0.01, 0.1


def is_kept_of(model: str) -> bool:
    """True for a model whose answers may be kept at all."""
    return kind_of(model) not in _NEVER_KEPT and model != EMBEDDING_MODEL


def may_be_kept(request: Request) -> bool:
    """True for a request whose fingerprint tells what its answer depends on.

    That of a model inside this process depends on weights that a name does not tell apart.
    """
    if request.agent is not None or not is_kept_of(request.model):
        return False
    return request.weights is not None or kind_of(request.model) is not Kind.LOCAL


class Cached:
    """A gateway that keeps the answers of models and of their judges.

    A question that is asked again while the first call is under way waits for that one's answer,
    also for its fault. Another process that is asking it is waited for, too, for as long as it
    lives and asks: a call takes as long as all that it waits for, and to ask meanwhile is to pay
    twice. Whoever did not pay for an answer gets it as `cached`, at no cost. What is cut off,
    filtered or empty is given and not kept. A live request is always made; its answer is kept.
    """

    def __init__(
        self,
        inner: Gateway,
        cache: ResponseCache,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._inner = inner
        self._cache = cache
        self._sleep = sleep
        self._flights: dict[str, _Flight] = {}

    async def complete(self, request: Request) -> Completion:
        """Answers from what is kept, or through the inner gateway."""
        if not may_be_kept(request):
            return await self._inner.complete(request)
        key = request.fingerprint()
        if request.live:
            return await self._made(key, request)
        while (flight := self._flights.get(key)) is not None:
            # Waiting this way, a cancellation of this call leaves the other one alone.
            await asyncio.wait([flight])
            if not flight.cancelled() and not _is_of_a_budget(flight.result()):
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
        """Asks for all in this process that ask meanwhile."""
        flight: _Flight = asyncio.get_running_loop().create_future()
        self._flights[key] = flight
        try:
            completion = await self._asked(key, request)
        except GatewayError as error:
            flight.set_result(error.fault)
            raise
        else:
            flight.set_result(completion)
            return completion
        finally:
            del self._flights[key]
            flight.cancel()  # Does nothing to one that has landed; else the next in line asks.

    async def _asked(self, key: str, request: Request) -> Completion:
        """Asks as the only process, or takes what another one got meanwhile.

        No two processes wait for each other: whoever waits here for a question holds none, as a
        trial makes one call at a time.
        """
        pause_s = _FIRST_LOOK_S
        while not self._cache.claim(key):
            await self._sleep(pause_s)
            pause_s = min(2 * pause_s, _LAST_LOOK_S)
        try:
            # Another one may have ended between the look before and the claim.
            kept = self._cache.get(key)
            return await self._made(key, request) if kept is None else _unpaid(kept)
        finally:
            self._cache.release(key)

    async def _made(self, key: str, request: Request) -> Completion:
        """Makes the call; its answer is there for other processes before anybody gets it."""
        completion = await self._inner.complete(request)
        if _is_whole(completion):
            self._cache.put(key, completion, request)
        return completion


def _is_whole(completion: Completion) -> bool:
    says_something = bool(completion.tool_calls or completion.text.strip())
    return says_something and completion.finish not in _CUT_SHORT


def _is_of_a_budget(landed: Completion | Fault) -> bool:
    """True for a refusal that concerns whoever asked: another suite may have money left."""
    return isinstance(landed, Fault) and landed.kind in {FaultKind.BUDGET, FaultKind.BREAKER}


def _unpaid(landed: Completion | Fault) -> Completion:
    if isinstance(landed, Fault):
        raise GatewayError(landed.paid_elsewhere())
    return replace(landed, cached=True, cost=Cost(), retries=0)
