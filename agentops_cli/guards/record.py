"""Keeps the answers of a run, and makes no call for what is recorded already."""

import asyncio
import shlex
from dataclasses import replace
from typing import TypeAlias

from agentops_cli.errors import GatewayError
from agentops_cli.guards.recordings import Recordings
from agentops_cli.model.call import Completion, Fault, Request
from agentops_cli.model.cassette import Call
from agentops_cli.model.embedding import EMBEDDING_MODEL
from agentops_cli.model.ids import Kind, kind_of
from agentops_cli.ports import Gateway

_Flight: TypeAlias = "asyncio.Future[Fault | None]"


def is_recorded(model: str) -> bool:
    """True for a model whose answers a cassette holds: not one that is a cassette itself.

    Nor the one that compares texts, inside this process and always alike.
    """
    return kind_of(model) is not Kind.REPLAY and model != EMBEDDING_MODEL


class Recorded:
    """A gateway that keeps the answers of models, agents and judges; the outermost guard.

    What is recorded already is not asked again. The same question of one case, asked twice, is one
    recording, so it is also asked once: replayed, both get the one answer. A call without an answer
    is not recorded.

    An agent remembers what it was asked. A conversation whose beginning was replayed cannot go on
    live, so its call is a miss where the recording ends.
    """

    def __init__(self, inner: Gateway, recordings: Recordings) -> None:
        self._inner = inner
        self._recordings = recordings
        self._flights: dict[Call, _Flight] = {}
        self._replayed: dict[tuple[str, str, str, int], bool] = {}

    async def complete(self, request: Request) -> Completion:
        """Answers from what is recorded, or through the inner gateway."""
        if not is_recorded(request.model):
            return await self._inner.complete(request)
        call = self._recordings.call_of(request)
        if request.agent is not None:
            return await self._converse(call, request)
        while (flight := self._flights.get(call)) is not None:
            # Waiting this way, a cancellation of this call leaves the other one alone.
            await asyncio.wait([flight])
            if not flight.cancelled() and (fault := flight.result()) is not None:
                raise GatewayError(fault.paid_elsewhere())
        found = self._recordings.find(call, request)
        return await self._fly(call, request) if found is None else found

    async def close(self) -> None:
        """Closes the inner gateway."""
        await self._inner.close()

    async def _converse(self, call: Call, request: Request) -> Completion:
        """Replays a conversation with an agent, or has it live; not one part so and one part so."""
        conversation = (call.suite, call.case_id, request.model, request.repeat)
        is_opening = request.turn == 0
        found = None
        if is_opening or self._replayed.get(conversation):
            found = self._recordings.find(call, request)
        if is_opening:
            self._replayed[conversation] = found is not None
        if found is None and self._replayed.get(conversation):
            raise GatewayError(_half_recorded(self._recordings.miss(call, request), call))
        return await self._ask(call, request) if found is None else found

    async def _fly(self, call: Call, request: Request) -> Completion:
        flight: _Flight = asyncio.get_running_loop().create_future()
        self._flights[call] = flight
        try:
            completion = await self._ask(call, request)
        except GatewayError as error:
            flight.set_result(error.fault)
            raise
        else:
            flight.set_result(None)
            return completion
        finally:
            del self._flights[call]
            flight.cancel()  # Does nothing to one that has landed; else the next in line asks.

    async def _ask(self, call: Call, request: Request) -> Completion:
        try:
            completion = await self._inner.complete(request)
        except BaseException:
            self._recordings.lose(call)
            raise
        self._recordings.keep(call, request, completion)
        return completion


def _half_recorded(miss: Fault, call: Call) -> Fault:
    return replace(
        miss,
        message=f"{miss.message}; its earlier turns were replayed, and of those the agent of today "
        "knows nothing",
        fix=f"record the whole conversation: agentops eval {shlex.quote(call.suite)} --record "
        f"--case {shlex.quote(call.case_id)}",
    )
