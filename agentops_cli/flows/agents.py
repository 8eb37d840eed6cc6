"""Agents under test, put together with their meter and with what is run around their trials.

Everything is imported late: most runs have no agent, and a client is slow to load.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from agentops_cli.errors import GatewayError, InputError
from agentops_cli.flows.world import World
from agentops_cli.guards.budget import TOLD_AFTERWARDS
from agentops_cli.model.call import Request
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.ids import agent_of
from agentops_cli.model.settings import (
    AgentSettings,
    Config,
    HttpAgent,
    secret_variables,
)
from agentops_cli.ports import Fixture, Gateway, Purse
from agentops_cli.prices import PriceTable
from agentops_cli.run.plan import Plan
from agentops_cli.template import Templates

if TYPE_CHECKING:
    from agentops_cli.gateways.metering import MeteringProxy


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAgents:
    """The agents of a run, and what stands around their trials.

    `close` ends that, after the last trial; the gateway is closed by whoever holds it. It gives a
    finding for each tear-down that failed, and for calls that the meter had to turn
    away or to cap.
    """

    gateway: Gateway
    fixture: Fixture
    close: Callable[[], Awaitable[list[Finding]]]


class Agents:
    """The agents that a plan needs.

    Raises `InputError` with everything that is wrong with them, when it is constructed: a function
    that does not import, a program that is not there, a body that a case cannot fill in.
    """

    def __init__(self, plan: Plan, config: Config, world: World, templates: Templates) -> None:
        self._config = config
        self._world = world
        self._templates = templates
        self._secrets = secret_variables(config)
        self._settings = {
            name: config.agents[name] for model in plan.models if (name := agent_of(model))
        }
        if self._settings:
            from agentops_cli.gateways.agents.preflight import preflight, unfilled

            findings = preflight(
                self._settings, root=config.root, environ=world.environ, secrets=self._secrets
            ) or unfilled(self._settings, partial(_requests_of, plan), templates)
            if findings:
                raise InputError(findings)

    def __bool__(self) -> bool:
        """True when there are any."""
        return bool(self._settings)

    @property
    def notes(self) -> list[Finding]:
        """How to start each server that the user starts, so that its calls come to the meter."""
        return [
            Finding(
                rule="metered-server",
                message=(
                    f"{agent.model} is metered: its server must be started with "
                    f"OPENAI_BASE_URL=http://127.0.0.1:{agent.meter.port}/v1 and any OPENAI_API_KEY"
                ),
                location=agent.location,
                severity=Severity.INFO,
            )
            for agent in self._settings.values()
            if isinstance(agent.how, HttpAgent) and agent.meter and agent.meter.port
        ]

    def bound_of(self, request: Request) -> Decimal | None:
        """The most that a call may cost in dollars, None where nothing is known of it."""
        agent = self._agent(request)
        if agent.max_usd_per_call is not None:
            return agent.max_usd_per_call
        return None if agent.usage is None else TOLD_AFTERWARDS

    def prepaid(self, request: Request) -> bool:
        """True when the meter takes from the purse what the agent spends."""
        return self._agent(request).meter is not None

    async def open(self, purse: Purse, prices: PriceTable) -> OpenAgents:
        """Opens them, all or none; must be called where the event loop runs.

        A set-up finds in its environment what the server that it starts has to be told.
        """
        from agentops_cli.gateways.agents.fixtures import Fixtures
        from agentops_cli.gateways.agents.gateway import Agents as AgentGateway
        from agentops_cli.gateways.metering import MeteringProxy

        environ, settings, secrets = self._world.environ, self._settings, self._secrets
        meter = MeteringProxy(
            self._config.models, environ=environ, purse=purse, price_of=prices.price_of
        )
        servers = [a for a in settings.values() if isinstance(a.how, HttpAgent) and a.meter]
        async with AsyncExitStack() as opened:
            opened.push_async_callback(meter.close)
            fixtures = Fixtures(
                settings,
                root=self._config.root,
                environ=environ,
                secrets=secrets,
                addresses={agent.name: await _address(meter, agent) for agent in servers},
            )
            gateway = AgentGateway(
                settings,
                root=self._config.root,
                environ=environ,
                secrets=secrets,
                concurrency=self._config.concurrency,
                price_of=prices.price_of,
                meter=meter,
                templates=self._templates,
            )
            opened.pop_all()

        async def close() -> list[Finding]:
            try:
                torn_down = await fixtures.close()
                return [*torn_down, *_strays(meter.stray_calls), *_capped(meter.capped_calls)]
            finally:
                await meter.close()

        return OpenAgents(gateway=gateway, fixture=fixtures, close=close)

    def _agent(self, request: Request) -> AgentSettings:
        return self._settings[agent_of(request.model) or ""]


def _requests_of(plan: Plan, model: str) -> Iterator[Request]:
    """What an agent will be asked, as far as it is known before the run."""
    for planned in plan.cases:
        if planned.case.skip is None and planned.model == model:
            yield from (planned.request, *planned.later)


async def _address(meter: "MeteringProxy", agent: AgentSettings) -> tuple[str, str]:
    """Where a server finds the meter; raises `GatewayError` when its port cannot be had."""
    port = agent.meter.port if agent.meter else None
    try:
        return await meter.address(port)
    except GatewayError as error:
        place = agent.place("meter", "port")
        message = f"agent {agent.name!r} ({place}): {error.message}"
        raise GatewayError(replace(error.fault, message=message)) from error


def _strays(calls: int) -> list[Finding]:
    """What is said of calls that came to the meter when no trial was under way."""
    if not calls:
        return []
    return [
        Finding(
            rule="stray-calls",
            message=f"{calls} calls came to the meter outside of any trial, and were refused",
            location=None,
            fix="let the agent answer only when it has no call of its own under way any more",
            severity=Severity.WARNING,
        )
    ]


def _capped(calls: int) -> list[Finding]:
    """What is said of metered calls that set themselves no limit."""
    if not calls:
        return []
    return [
        Finding(
            rule="no-max-tokens",
            message=f"{calls} calls of metered agents set no max_tokens and were capped",
            location=None,
            fix="set max_tokens where the agent calls its model",
            severity=Severity.INFO,
        )
    ]
