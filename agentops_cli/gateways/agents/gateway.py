"""Answers the requests for agents under test, and says what each answer cost."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Protocol

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.agents.command import CommandCaller
from agentops_cli.gateways.agents.environment import keyless
from agentops_cli.gateways.agents.http import HttpCaller
from agentops_cli.gateways.agents.python import PythonCaller
from agentops_cli.gateways.agents.refusals import refused
from agentops_cli.gateways.agents.reply import Reply
from agentops_cli.model.call import Completion, Fault, FaultKind, Finish, Request
from agentops_cli.model.cut_off import CutOffError
from agentops_cli.model.ids import agent_of
from agentops_cli.model.money import Cost, Price
from agentops_cli.model.settings import AgentSettings, CommandAgent, HttpAgent
from agentops_cli.ports import AgentMeter, Clock, MeterSession
from agentops_cli.template import Templates


class Caller(Protocol):
    """One way to reach an agent.

    `seat` waits for a place, which does not count as time of the call; its name, if it has one,
    stands for a process that outlives the call.
    """

    def seat(self, request: Request) -> AbstractAsyncContextManager[str | None]:
        """Gives what to enter for one call."""
        ...

    async def call(
        self, request: Request, *, seat: str | None, session: MeterSession | None
    ) -> Reply:
        """Makes one call; raises `GatewayError`."""
        ...

    async def close(self) -> None:
        """Releases what is held."""
        ...


class Agents:
    """A gateway to every model `agent/<name>` of the settings, which have passed `preflight`.

    What an answer cost is what the meter saw, and of a metered call that it saw nothing of the
    declared maximum. Without a meter it is the dollars that the agent reports, or its tokens at the
    price of its model id; else the declared maximum. `root` is the
    project's root; `meter` may be None where no agent is metered. `secrets` are the variables of
    `environ` that the settings say hold a key: no metered process gets them.
    """

    def __init__(  # noqa: PLR0913 # The parts of one composition, all by name.
        self,
        settings: Mapping[str, AgentSettings],
        *,
        root: Path,
        environ: Mapping[str, str],
        secrets: Collection[str],
        concurrency: int,
        price_of: Callable[[str], Price | None],
        meter: AgentMeter | None,
        templates: Templates,
        clock: Clock = time.perf_counter,
    ) -> None:
        self._settings = settings
        self._price_of = price_of
        self._meter = meter

        def caller(agent: AgentSettings) -> Caller:
            how = agent.how
            if isinstance(how, HttpAgent):
                return HttpCaller(
                    agent,
                    how,
                    environ=environ,
                    concurrency=concurrency,
                    templates=templates,
                    clock=clock,
                )
            found = keyless(environ, secrets=secrets) if agent.meter else environ
            if isinstance(how, CommandAgent):
                return CommandCaller(agent, how, root=root, environ=found, clock=clock)
            return PythonCaller(
                agent, how, root=root, environ=found, concurrency=concurrency, clock=clock
            )

        self._callers = {name: caller(agent) for name, agent in settings.items()}

    async def complete(self, request: Request) -> Completion:
        """Answers one request, or raises `GatewayError` with a fault.

        What came between a metered agent and its provider says nothing about the agent: it is the
        fault then, whatever the agent made of it.
        """
        name = agent_of(request.model)
        if request.agent is None or name is None or name not in self._settings:
            raise refused(FaultKind.INTERNAL, f"{request.model} is no agent that can be asked")
        agent, caller = self._settings[name], self._callers[name]
        session: MeterSession | None = None
        is_called = False
        try:
            async with (
                caller.seat(request) as seat,
                self._session(agent, request, seat) as session,
            ):
                is_called = True
                reply = await caller.call(request, seat=seat, session=session)
        except asyncio.CancelledError as end:
            if is_called and session is None:
                raise
            # What waits for its place costs nothing, and of the rest the meter knows.
            raise CutOffError(session.cost if session else Cost()) from end
        except GatewayError as error:
            raise GatewayError(_with_cost(_cause(session) or error.fault, session)) from error
        if (fault := _cause(session)) is not None:
            raise GatewayError(_with_cost(fault, session))
        return _completion(agent, reply, session, self._price_of(request.model))

    async def close(self) -> None:
        """Ends every process and closes every connection."""
        async with AsyncExitStack() as closing:  # Which closes the rest, too, when one fails.
            for caller in self._callers.values():
                closing.push_async_callback(caller.close)

    def _session(
        self, agent: AgentSettings, request: Request, seat: str | None
    ) -> AbstractAsyncContextManager[MeterSession | None]:
        """What a metered agent's call spends from, nothing for the others."""
        if agent.meter is None or request.agent is None:
            return nullcontext()
        if self._meter is None:
            raise refused(FaultKind.INTERNAL, f"{agent.model} is metered, and there is no meter")
        told = request.agent
        if isinstance(agent.how, HttpAgent):
            open_session = partial(self._meter.shared, port=agent.meter.port)
        else:
            open_session = partial(self._meter.session, seat=seat)
        return open_session(
            who=request.tags,
            faults=told.faults,
            max_steps=told.max_steps,
            conversation=told.conversation,
        )


def _cause(session: MeterSession | None) -> Fault | None:
    """What came between a metered agent and its provider, if anything did."""
    return None if session is None else session.fault


def _with_cost(fault: Fault, session: MeterSession | None) -> Fault:
    """The fault with the dollars that the meter saw, where it saw and could price every call.

    An agent that has asked its model was at work: what it did is not undone by the fault.
    """
    if session is None or not session.calls:
        return fault
    if session.cost.unpriced_calls:
        return replace(fault, billed=True)
    cost = session.cost
    return replace(fault, billed=cost.usd > 0, usd=cost.usd, assumed=cost.assumed_calls > 0)


def _completion(
    agent: AgentSettings, reply: Reply, session: MeterSession | None, price: Price | None
) -> Completion:
    """The answer with its cost; raises `GatewayError` for one that cost more than may be."""
    seen = session if session is not None and session.calls else None
    called = session.tool_calls if session else ()
    return Completion(
        text=reply.text,
        finish=Finish.STOP if reply.failure is None else Finish.UNKNOWN,
        model=agent.model,
        latency_s=reply.latency_s,
        usage=seen.usage if seen else reply.usage,
        cost=seen.cost if seen else _unseen(agent, reply, price),
        tool_calls=called if reply.tool_calls is None else reply.tool_calls,
        failure=reply.failure,
        trace=reply.trace,
        stopped_after=session.stopped_after if session else None,
        provider_faults=session.provider_faults if session else 0,
        met=session.met if session else None,
    )


def _unseen(agent: AgentSettings, reply: Reply, price: Price | None) -> Cost:
    """What a call cost that no meter saw: as reported, else the declared maximum, else unpriced.

    A metered agent's own word does not count. Raises `GatewayError` for more than the maximum.
    """
    most = agent.max_usd_per_call
    reported = None if agent.meter is not None else _reported_usd(reply, price)
    if reported is None:
        return Cost(unpriced_calls=1) if most is None else Cost(usd=most)
    if most is not None and reported > most:
        raise _too_dear(agent, reported, most)
    return Cost(usd=reported)


def _reported_usd(reply: Reply, price: Price | None) -> Decimal | None:
    if reply.usd is not None:
        return reply.usd
    return price.cost_of(reply.usage) if reply.usage is not None and price is not None else None


def _too_dear(agent: AgentSettings, usd: Decimal, most: Decimal) -> GatewayError:
    message = (
        f"a call of {agent.model} cost ${usd.normalize():f}, more than the"
        f" ${most.normalize():f} that it may at most"
    )
    fix = f"raise maxUsdPerCall at {agent.place('maxUsdPerCall')}, or make the agent cheaper"
    return refused(FaultKind.BUDGET, message, fix=fix, billed=True, usd=usd)
