"""Streams through the proxy: handed on as they come, counted by what they say at their end."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from agentops_cli.model.call import FaultKind
from agentops_cli.model.money import ZERO, Cost
from agentops_cli.model.tool import ToolCall
from agentops_cli.ports import MeterSession
from tests.gateways.metering.child import APIS, CHAT, ask, bound_of_last, owed
from tests.gateways.metering.conftest import Proxies
from tests.guards.spending import a_purse, spent
from tests.servers.billing_openai import BillingOpenAI

STREAMED = [api for api in APIS if api != "/embeddings"]
GET_ORDER = ToolCall(id="call_1", name="get_order", arguments='{"id": "812"}')


@asynccontextmanager
async def opened(session: MeterSession, model: str) -> AsyncIterator[aiohttp.ClientResponse]:
    """A stream of which only the head was read."""
    body = {"model": model, "stream": True, **APIS[CHAT]}
    headers = {"Authorization": f"Bearer {session.api_key}"}
    async with (
        aiohttp.ClientSession(headers=headers) as client,
        client.post(f"{session.base_url}{CHAT}", json=body) as answer,
    ):
        yield answer


@pytest.mark.parametrize("api", STREAMED)
async def test_a_stream_is_settled_by_the_usage_at_its_end(
    proxies: Proxies, provider: BillingOpenAI, api: str
) -> None:
    purse = a_purse("1")
    async with proxies(purse=purse).session(who=None, faults=()) as session:
        said = await ask(session, api, stream=True)
    assert said.status == 200
    assert said.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert "Hello" in said.events[0]
    assert session.cost == Cost(usd=owed(provider))
    assert spent(purse) == (owed(provider), ZERO)
    assert session.fault is None


async def test_the_usage_is_asked_for_and_kept_from_a_child_that_did_not_ask(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies().session(who=None, faults=()) as session:
        plain = await ask(session, stream=True)
        asking = await ask(session, stream=True, stream_options={"include_usage": True})
    assert [body["stream_options"] for body in provider.bodies] == [{"include_usage": True}] * 2
    assert [json.loads(event)["choices"] != [] for event in plain.events[:-1]] == [True] * 3
    assert json.loads(asking.events[-2])["usage"]["total_tokens"] > 0
    assert plain.events[-1] == asking.events[-1] == "[DONE]"


async def test_other_options_of_a_stream_are_kept(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    options = {"include_obfuscation": False, "include_usage": False}
    async with proxies().session(who=None, faults=()) as session:
        await ask(session, stream=True, stream_options=options)
    asked_for = {"include_obfuscation": False, "include_usage": True}
    assert provider.bodies[-1]["stream_options"] == asked_for


async def test_a_piece_is_handed_on_before_the_next_one_is_there(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies().session(who=None, faults=()) as session, opened(session, "hang") as said:
        first = await said.content.readuntil(b"\n\n")
        assert json.loads(first.removeprefix(b"data: "))["choices"][0]["delta"]["content"]
        assert provider.open_now == 1


async def test_a_child_that_leaves_a_stream_ends_it_and_pays_all_that_was_reserved(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    purse = a_purse("1")
    async with proxies(purse=purse).session(who=None, faults=()) as session:
        async with opened(session, "hang") as said:
            await said.content.readuntil(b"\n\n")
        assert await asyncio.to_thread(provider.left.wait, 5)
    bound = bound_of_last(provider, output_tokens=20)
    assert spent(purse) == (bound, ZERO)
    assert session.cost == Cost(usd=bound, assumed_calls=1)
    assert session.fault is None


async def test_a_child_that_leaves_what_it_does_not_read_ends_the_call(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    purse = a_purse("1")
    async with proxies(purse=purse).session(who=None, faults=()) as session:
        async with opened(session, "flood") as said:
            await said.content.readuntil(b"\n\n")
        assert await asyncio.to_thread(provider.left.wait, 5)
    assert spent(purse) == (bound_of_last(provider, output_tokens=20), ZERO)


async def test_what_a_child_reads_slowly_it_gets_whole(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies().session(who=None, faults=()) as session:
        said = await ask(session, model="flood", stream=True)
    assert sum(event.count("x" * 10_000) for event in said.events) == 2_000
    assert session.cost == Cost(usd=owed(provider))


@pytest.mark.parametrize(
    ("api", "model"), [*((api, "cut") for api in STREAMED), (CHAT, "counting")]
)
async def test_a_stream_that_breaks_off_breaks_off_for_the_child_and_costs_the_reservation(
    proxies: Proxies, provider: BillingOpenAI, api: str, model: str
) -> None:
    purse = a_purse("1")
    async with proxies(purse=purse).session(who=None, faults=()) as session:
        with pytest.raises(aiohttp.ClientPayloadError):
            await ask(session, api, model=model, stream=True)
    bound = bound_of_last(provider, output_tokens=20)
    assert bound > owed(provider)
    assert spent(purse) == (bound, ZERO)
    assert session.fault is not None
    assert session.fault.kind is FaultKind.CONNECTION


async def test_a_stream_without_usage_costs_the_reservation(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    purse = a_purse("1")
    async with proxies(purse=purse).session(who=None, faults=()) as session:
        assert (await ask(session, model="nousage", stream=True)).status == 200
    bound = bound_of_last(provider, output_tokens=20)
    assert session.cost == Cost(usd=bound, assumed_calls=1)
    assert spent(purse) == (bound, ZERO)


async def test_an_error_in_place_of_a_stream_is_handed_on(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies().session(who=None, faults=()) as session:
        said = await ask(session, model="429", stream=True)
    assert (said.status, said.error["message"]) == (429, "status 429 was asked for")
    assert session.cost == Cost()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("api", [CHAT, "/responses"])
async def test_the_tools_that_the_model_calls_are_kept(
    *, proxies: Proxies, provider: BillingOpenAI, api: str, stream: bool
) -> None:
    async with proxies().session(who=None, faults=()) as session:
        await ask(session, api, model="tools", stream=stream)
        await ask(session, api, stream=stream)
        await ask(session, api, model="tools", stream=stream)
    assert session.tool_calls == (GET_ORDER, GET_ORDER)
