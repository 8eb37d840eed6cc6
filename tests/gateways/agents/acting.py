"""Agents, calls of them, and a meter that is told what it saw."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.agents.gateway import Agents
from agentops_cli.model.call import AgentInput, Fault, Request, Tags
from agentops_cli.model.money import Cost, Price, Usage
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Message
from agentops_cli.model.settings import AgentSettings, CommandAgent, HttpAgent, PythonAgent
from agentops_cli.model.suite import InjectedFault
from agentops_cli.model.tool import ToolCall
from agentops_cli.ports import AgentMeter
from agentops_cli.template import Templates

HERE = Location(path="agentops.yaml", line=3, column=3)


def an_agent(how: HttpAgent | PythonAgent | CommandAgent, **changes: Any) -> AgentSettings:
    """The agent `bot`."""
    return AgentSettings(**{"name": "bot", "location": HERE, "how": how, **changes})


def a_call(said: str = "Where is my order?", **changes: Any) -> Request:
    """A request for the agent `bot`; `conversation`, `vars` and `faults` are the agent's."""
    about: dict[str, Any] = {"input": said, "conversation": "run-0-0-0"}
    about |= {key: changes.pop(key) for key in ("conversation", "vars", "faults") if key in changes}
    request: dict[str, Any] = {
        "model": "agent/bot",
        "messages": (Message(role="user", content=said),),
        "max_tokens": 256,
        "agent": AgentInput(**about),
        "timeout_s": 20.0,
        "tags": Tags(suite="evals/bot.yaml", case_id="order"),
        **changes,
    }
    return Request(**request)


def a_gateway(
    agent: AgentSettings,
    root: Path,
    *,
    environ: Mapping[str, str] | None = None,
    secrets: Collection[str] = (),
    concurrency: int = 4,
    price: Price | None = None,
    meter: AgentMeter | None = None,
) -> Agents:
    """A gateway to one agent; its clock stands still, so that nothing depends on the time."""
    return Agents(
        {agent.name: agent},
        root=root,
        environ=environ or {"PATH": "/usr/bin:/bin"},
        secrets=secrets,
        concurrency=concurrency,
        price_of=lambda _: price,
        meter=meter,
        templates=Templates(clock=lambda: 0.0),
    )


async def fault_of(gateway: Agents, request: Request | None = None) -> Fault:
    """The fault that a call ends in."""
    with pytest.raises(GatewayError) as raised:
        await gateway.complete(request or a_call())
    return raised.value.fault


@dataclass(kw_only=True)
class Session:
    """What one call spent, as the test says."""

    base_url: str
    api_key: str
    cost: Cost = Cost()
    usage: Usage = Usage()
    tool_calls: tuple[ToolCall, ...] = ()
    calls: int = 1
    refused: int = 0
    stopped_after: int | None = None
    met: Mapping[str, int] = field(default_factory=dict)
    provider_faults: int = 0
    fault: Fault | None = None


class Asked(NamedTuple):
    """How a meter was asked for a session; `place` is the seat or the port."""

    kind: str
    who: Tags | None
    faults: tuple[InjectedFault, ...]
    max_steps: int | None
    conversation: str | None
    place: str | int | None


@dataclass(kw_only=True)
class Ledger:
    """A meter that sees what it is told to see, and remembers what it was asked for."""

    seen: dict[str, Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

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
        self.asked.append(Asked("session", who, tuple(faults), max_steps, conversation, seat))
        address = f"http://127.0.0.1:4010/{seat or len(self.asked)}/v1"
        yield Session(base_url=address, api_key=f"key-of-{seat}", **self.seen)

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
        self.asked.append(Asked("shared", who, tuple(faults), max_steps, conversation, port))
        yield Session(base_url=f"http://127.0.0.1:{port}/v1", api_key="shared", **self.seen)


METER: AgentMeter = Ledger()  # The type checker holds it to the socket.


def a_fault_in(tool: str | None) -> InjectedFault:
    """A fault that a suite injects."""
    return InjectedFault(target=tool, error="timeout", location=HERE, times=1)
