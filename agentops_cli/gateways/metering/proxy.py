"""The listeners on loopback, and which session a call that comes to them belongs to."""

import asyncio
import errno
import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.metering.asked import Api
from agentops_cli.gateways.metering.door import HOST, Door, Doors
from agentops_cli.gateways.metering.forward import Forwarder
from agentops_cli.gateways.metering.injected import Fates, Injection
from agentops_cli.gateways.metering.refusal import RefusedError
from agentops_cli.gateways.metering.session import Session
from agentops_cli.gateways.metering.upstream import Upstream
from agentops_cli.model.call import Fault, FaultKind, Tags
from agentops_cli.model.money import Price
from agentops_cli.model.settings import ModelSettings
from agentops_cli.model.suite import InjectedFault
from agentops_cli.ports import Purse

_MAX_BODY_BYTES = 32 * 1024 * 1024
_HANG_S = 10.0

# What aiohttp says of calls that are no HTTP is said to nobody, unless somebody listens.
_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())

_PATH = re.compile(r"(?:/(?P<token>[A-Za-z0-9_-]+))?/v1(?P<api>/.+)")
_APIS = frozenset(Api)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listener:
    """A port that is listened to, and what is behind it."""

    runner: web.AppRunner
    doors: Doors


class MeteringProxy:
    """A proxy of OpenAI's API on 127.0.0.1 that prices and limits what agents spend.

    `models` are the settings of model ids and `environ` has the real keys, which no child ever
    sees. Every call takes its upper bound from `purse` before it is forwarded. It listens from the
    first session on until `close`. `stray_calls` counts what nobody could pay for: calls of a
    shared address while no session was open there.

    An injected timeout is silence until the child gives up, and a 504 after `hang_s` seconds. Tool
    answers that were spoilt in one session stay so in later ones of the same `conversation`.
    """

    def __init__(
        self,
        models: Mapping[str, ModelSettings],
        *,
        environ: Mapping[str, str],
        purse: Purse,
        price_of: Callable[[str], Price | None],
        hang_s: float = _HANG_S,
    ) -> None:
        self._ports: set[int] = set()
        self._upstream = Upstream(models, environ=environ, own_ports=self._ports)
        self._forwarder = Forwarder(self._upstream, purse=purse, price_of=price_of, hang_s=hang_s)
        self._listeners: dict[int | None, _Listener] = {}
        self._starting = asyncio.Lock()
        self._fates: dict[str, Fates] = {}
        self.stray_calls = 0

    @asynccontextmanager
    async def session(
        self,
        *,
        who: Tags | None,
        faults: Sequence[InjectedFault],
        seat: str | None = None,
        max_steps: int | None = None,
        conversation: str | None = None,
    ) -> AsyncIterator[Session]:
        """Opens an address for one call; that of a seat is the same each time."""
        doors = await self._listening(None)
        door = doors.fresh() if seat is None else doors.seat(seat)
        injection = self._injection(faults, conversation)
        try:
            async with door.entered(who=who, injection=injection, max_steps=max_steps) as session:
                yield session
        finally:
            if seat is None:
                doors.close(door)

    @asynccontextmanager
    async def shared(
        self,
        *,
        port: int | None,
        who: Tags | None,
        faults: Sequence[InjectedFault],
        max_steps: int | None = None,
        conversation: str | None = None,
    ) -> AsyncIterator[Session]:
        """Takes the address of a server for one call; without a port it is that of `address`."""
        door = await self._shared_door(port)
        injection = self._injection(faults, conversation)
        async with door.entered(who=who, injection=injection, max_steps=max_steps) as session:
            yield session

    async def address(self, port: int | None) -> tuple[str, str]:
        """The base URL and the key of a shared address, for whoever starts the server."""
        door = await self._shared_door(port)
        return door.base_url, door.api_key

    async def close(self) -> None:
        """Stops listening; called after the last session."""
        async with AsyncExitStack() as closing:  # Which closes the rest, too, when one fails.
            closing.push_async_callback(self._upstream.close)
            for listener in self._listeners.values():
                closing.push_async_callback(listener.runner.cleanup)

    async def _shared_door(self, port: int | None) -> Door:
        doors = await self._listening(port)
        return doors.seat(None) if port is None else doors.own()

    def _injection(self, faults: Sequence[InjectedFault], conversation: str | None) -> Injection:
        spoils = any(fault.target is not None for fault in faults)
        if conversation is None or not (spoils or conversation in self._fates):
            return Injection(faults, fates={})
        return Injection(faults, fates=self._fates.setdefault(conversation, {}))

    async def _listening(self, port: int | None) -> Doors:
        """What is behind a port, None for a free one; raises `GatewayError` when it is taken."""
        async with self._starting:
            if port not in self._listeners:
                self._listeners[port] = await self._listen(port)
            return self._listeners[port].doors

    async def _listen(self, port: int | None) -> _Listener:
        async def serve(request: web.Request) -> web.StreamResponse:
            try:
                return await self._answer(request, self._listeners[port].doors)
            except RefusedError as error:
                return error.response()

        application = web.Application(client_max_size=_MAX_BODY_BYTES)
        application.router.add_route("*", "/{path:.*}", serve)
        # A child that goes away must end its call, or nobody would know what it is still costing.
        runner = web.AppRunner(
            application,
            access_log=None,
            handler_cancellation=True,
            logger=_LOG,
            shutdown_timeout=1.0,
        )
        await runner.setup()
        site = web.TCPSite(runner, HOST, port or 0)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            raise GatewayError(_not_to_be_had(port, error)) from error
        taken: int = runner.addresses[0][1]
        self._ports.add(taken)
        return _Listener(runner=runner, doors=Doors(taken))

    async def _answer(self, request: web.Request, doors: Doors) -> web.StreamResponse:
        found = _PATH.fullmatch(request.path)
        door = doors.at(found["token"] or "") if found else None
        if found is None or door is None:
            raise _not_found(request)
        if not door.admits(request):
            message = "agentops: this key is not that of this address"
            raise RefusedError(401, message, kind="authentication_error", code="agentops_key")
        api = found["api"]
        if request.method == "GET" and api == "/models":
            return await self._forwarder.list_models()
        if request.method != "POST" or api not in _APIS:
            raise _not_found(request)
        session = door.session
        if session is None:
            self.stray_calls += 1
            message = "agentops: no call of the agent is under way, so nobody pays for this"
            raise RefusedError(402, message, kind="budget_exceeded", code="agentops_no_call")
        with session.call():
            return await self._forwarder.answer(request, Api(api), session)

    @property
    def capped_calls(self) -> int:
        """How many calls gave no limit of output tokens and got one."""
        return self._forwarder.capped_calls


def _not_found(request: web.Request) -> RefusedError:
    served = ", ".join(f"…/v1{api}" for api in Api)
    message = f"agentops: {request.method} {request.path} is not metered, only {served}"
    return RefusedError(404, message, code="agentops_not_found")


def _not_to_be_had(port: int | None, error: OSError) -> Fault:
    if error.errno == errno.EADDRINUSE:
        problem = f"the meter's port {port} is taken"
        fix = "end what listens there, or give the agent another one: meter: {port: …}"
    else:
        problem = f"the meter cannot listen on port {port or 'a free one'}: {error.strerror}"
        fix = "give the agent another one: meter: {port: …}"
    return Fault(kind=FaultKind.CONNECTION, message=problem, fix=fix)
