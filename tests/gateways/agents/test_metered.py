"""Agents of every kind behind the real meter, before a provider that keeps its own bill."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from agentops_cli.gateways.agents.gateway import Agents
from agentops_cli.guards.purse import Purse
from agentops_cli.model.call import FaultKind
from agentops_cli.model.injected import RESULTS
from agentops_cli.model.money import Cost
from agentops_cli.model.settings import (
    AgentSettings,
    CommandAgent,
    HttpAgent,
    Meter,
    PythonAgent,
    UsagePaths,
)
from agentops_cli.model.suite import InjectedFault
from tests.gateways.agents.acting import HERE, a_call, a_gateway, an_agent, fault_of
from tests.gateways.metering.conftest import Proxies, _provider, provider, proxies
from tests.guards.spending import a_purse
from tests.servers.billing_openai import BillingOpenAI

__all__ = ["_provider", "provider", "proxies"]  # Fixtures of the meter's own tests.

# The client is made at the import, as people make it, and asks as often as the input says.
CALLER = """
import json, os, sys, urllib.request

URL, KEY = os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"]

def ask():
    body = {"model": "ok", "max_tokens": 20, "messages": [{"role": "user", "content": "Hi"}]}
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    request = urllib.request.Request(
        f"{URL}/chat/completions", data=json.dumps(body).encode(), headers=headers
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)["choices"][0]["message"]["content"]

def answer(input, context):
    said = ["" for _ in range(int(input))]
    for number in range(int(input)):
        try:
            said[number] = ask()
        except OSError as error:
            said[number] = f"fallback after {error}"
    return " ".join(said)

if __name__ == "__main__":
    print(answer(json.load(sys.stdin)["input"], {}))
"""

KINDS: dict[str, PythonAgent | CommandAgent] = {
    "python": PythonAgent(target="caller:answer"),
    "command": CommandAgent(command=(sys.executable, "caller.py")),
}
ENVIRON = {"PATH": "/usr/bin:/bin", "OPENAI_API_KEY": "sk-not-for-the-agent"}

Open = Callable[..., Agents]


@pytest.fixture
async def open_agent(tmp_path: Path, proxies: Proxies) -> AsyncIterator[Open]:
    (tmp_path / "caller.py").write_text(CALLER)
    opened: list[Agents] = []

    def open_one(settings: AgentSettings, purse: Purse | None = None, **options: Any) -> Agents:
        meter = proxies(purse=purse)
        opened.append(a_gateway(settings, tmp_path, environ=ENVIRON, meter=meter, **options))
        return opened[-1]

    yield open_one
    for gateway in opened:
        await gateway.close()


def owed(provider: BillingOpenAI) -> Decimal:
    return Decimal(provider.micro_usd).scaleb(-6)


@pytest.mark.parametrize("kind", KINDS)
async def test_each_call_costs_what_the_provider_will_bill(
    open_agent: Open, provider: BillingOpenAI, kind: str
) -> None:
    gateway = open_agent(an_agent(KINDS[kind], meter=Meter()), concurrency=2)
    calls = [gateway.complete(a_call(str(n), conversation=f"c{n}")) for n in (1, 2, 3, 1)]
    answers = await asyncio.gather(*calls)
    assert len(provider.bodies) == 7
    assert sum((answer.cost for answer in answers), Cost()) == Cost(usd=owed(provider))
    assert all(answer.usage and answer.usage.input_tokens for answer in answers)
    assert not any("fallback" in answer.text for answer in answers)
    assert "sk-not-for-the-agent" not in str(provider.headers)


@pytest.mark.parametrize("kind", KINDS)
async def test_an_agent_that_the_budget_stopped_is_not_judged_for_its_fallback(
    open_agent: Open, provider: BillingOpenAI, kind: str
) -> None:
    purse = a_purse("0.0004")
    gateway = open_agent(an_agent(KINDS[kind], meter=Meter()), purse)
    fault = await fault_of(gateway, a_call("20"))
    assert fault.kind is FaultKind.BUDGET
    assert 0 < owed(provider) <= Decimal("0.0004")
    assert (fault.billed, fault.usd) == (True, owed(provider))


async def test_a_provider_that_is_made_to_fail_is_met_by_the_agents_fallback(
    open_agent: Open, provider: BillingOpenAI
) -> None:
    gateway = open_agent(an_agent(KINDS["python"], meter=Meter()))
    fault = InjectedFault(target=None, error="serverError", location=HERE, times=1)
    completion = await gateway.complete(a_call("2", faults=(fault,)))
    assert completion.text.startswith("fallback after HTTP Error 5")
    assert completion.provider_faults == 1
    assert len(provider.bodies) == 1


TOOL_USER = """
import json, os, urllib.request

CALL = {"id": "c1", "type": "function", "function": {"name": "get_order", "arguments": "{}"}}
said = []

def answer(input, context):
    said.append({"role": "user", "content": input})
    if input == "look":
        said.append({"role": "assistant", "content": None, "tool_calls": [CALL]})
        said.append({"role": "tool", "tool_call_id": "c1", "content": "shipped"})
    body = json.dumps({"model": "ok", "max_tokens": 20, "messages": said}).encode()
    key = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"}
    url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
    with urllib.request.urlopen(urllib.request.Request(url, body, key), timeout=20) as response:
        text = json.load(response)["choices"][0]["message"]["content"]
    return {"text": text, "toolCalls": []}
"""


async def test_a_failed_tool_is_counted_where_it_reached_the_model_whatever_the_agent_tells(
    open_agent: Open, provider: BillingOpenAI, tmp_path: Path
) -> None:
    (tmp_path / "user.py").write_text(TOOL_USER)
    gateway = open_agent(an_agent(PythonAgent(target="user:answer"), meter=Meter()))
    fault = InjectedFault(target="get_order", error="timeout", location=HERE, times=1)
    met = [
        (await gateway.complete(a_call(said, faults=faults))).met
        for said, faults in (("hello", (fault,)), ("look", (fault,)), ("and now?", ()))
    ]
    assert met == [{}, {"get_order": 1}, {}]
    # The history of the last turn has it still, as the model was told it.
    [told] = [m["content"] for m in provider.bodies[-1]["messages"] if m["role"] == "tool"]
    assert told == RESULTS["timeout"]


async def test_a_server_is_metered_at_its_port_one_call_at_a_time(
    open_agent: Open, provider: BillingOpenAI, unused_tcp_port: int
) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}/v1/chat/completions"
    under_way = 0

    async def serve(request: web.Request) -> web.Response:
        nonlocal under_way
        del request
        assert not under_way
        under_way += 1
        body = {"model": "ok", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
        key = {"Authorization": "Bearer any"}
        async with ClientSession(headers=key) as client, client.post(url, json=body) as answer:
            content = await answer.json()
        under_way -= 1
        return web.json_response({"reply": content["choices"][0]["message"]["content"], "usd": 0})

    app = web.Application()
    app.router.add_post("/chat", serve)
    async with TestServer(app) as server:
        how = HttpAgent(
            url=str(server.make_url("/chat")), body={"m": "{{ input }}"}, answer="$.reply"
        )
        settings = an_agent(how, meter=Meter(port=unused_tcp_port), usage=UsagePaths(usd="$.usd"))
        gateway = open_agent(settings)
        answers = await asyncio.gather(*(gateway.complete(a_call()) for _ in range(4)))
    assert len(provider.bodies) == 4
    assert sum((answer.cost for answer in answers), Cost()) == Cost(usd=owed(provider))
