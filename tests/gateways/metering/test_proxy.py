import asyncio
import logging
import socket
from decimal import Decimal

import pytest

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.metering import MeteringProxy
from agentops_cli.model.call import FaultKind
from agentops_cli.model.money import ZERO, Amount, Cost
from agentops_cli.ports import AgentMeter
from tests.gateways.metering.child import CHAT, ask, owed, send
from tests.gateways.metering.conftest import Proxies
from tests.guards.spending import a_purse, spent
from tests.servers.billing_openai import BillingOpenAI


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_it_is_what_agents_are_metered_by(proxies: Proxies) -> None:
    def of(meter: AgentMeter) -> AgentMeter:
        return meter

    assert isinstance(of(proxies()), MeteringProxy)


async def test_only_this_machine_reaches_it(proxies: Proxies) -> None:
    async with proxies().session(who=None, faults=()) as session:
        assert session.base_url.startswith("http://127.0.0.1:")
        port = int(session.base_url.split(":")[2].split("/")[0])
        with socket.socket() as other, pytest.raises(ConnectionRefusedError):
            other.connect(("127.0.0.2", port))


async def test_two_sessions_have_addresses_and_figures_of_their_own(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    purse = a_purse("1")
    proxy = proxies(purse=purse)
    async with (
        proxy.session(who=None, faults=()) as one,
        proxy.session(who=None, faults=()) as two,
    ):
        await ask(one)
        first = owed(provider)
        await ask(two)
        await ask(two)
    assert one.base_url != two.base_url
    assert one.api_key != two.api_key
    assert one.cost == Cost(usd=first)
    assert two.cost == Cost(usd=owed(provider) - first)
    assert (one.calls, two.calls) == (1, 2)
    assert spent(purse) == (owed(provider), ZERO)


async def test_a_call_needs_the_token_and_the_key_of_its_address(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    proxy = proxies()
    async with (
        proxy.session(who=None, faults=()) as one,
        proxy.session(who=None, faults=()) as two,
    ):
        elsewhere = one.base_url.rsplit("/", 2)[0]
        for url, key, status in (
            (f"{one.base_url}{CHAT}", two.api_key, 401),
            (f"{one.base_url}{CHAT}", "sk-none", 401),
            (f"{one.base_url}{CHAT}", "", 401),
            (f"{one.base_url}{CHAT}", "ключ", 401),
            (f"{one.base_url}{CHAT}", "\udcff", 401),
            (f"{one.base_url}/models", "sk-none", 401),
            (f"{elsewhere}/another-token-of-some/v1{CHAT}", one.api_key, 404),
            (f"{elsewhere}/v1{CHAT}", one.api_key, 404),
            (f"{elsewhere}/", one.api_key, 404),
        ):
            said = await send(url, key=key, data='{"model": "ok", "messages": []}')
            assert said.status == status, url
            assert said.error["message"].startswith("agentops: ")
    assert provider.paths == []
    assert (one.calls, two.calls) == (0, 0)


@pytest.mark.parametrize(
    ("method", "api"),
    [
        ("GET", CHAT),
        ("PUT", CHAT),
        ("POST", "/models"),
        ("POST", "/images/generations"),
        ("POST", "/chat/completions/x"),
        ("GET", "/responses/resp_1"),
        ("OPTIONS", CHAT),
    ],
)
async def test_anything_else_is_not_found_and_says_what_is(
    proxies: Proxies, provider: BillingOpenAI, method: str, api: str
) -> None:
    async with proxies().session(who=None, faults=()) as session:
        said = await send(f"{session.base_url}{api}", key=session.api_key, method=method)
    assert (said.status, said.error["code"]) == (404, "agentops_not_found")
    assert "only …/v1/chat/completions, " in said.error["message"]
    assert provider.paths == []


async def test_an_address_ends_with_its_session(proxies: Proxies, provider: BillingOpenAI) -> None:
    proxy = proxies()
    async with proxy.session(who=None, faults=()) as session:
        pass
    assert (await ask(session)).status == 404
    assert provider.bodies == []


async def test_a_seat_keeps_its_address_and_each_session_counts_for_itself(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    proxy = proxies()
    async with proxy.session(who=None, faults=(), seat="bot-1") as one:
        await ask(one)
    first = one.cost
    said = await ask(one)
    assert (said.status, said.error["code"]) == (402, "agentops_no_call")
    async with (
        proxy.session(who=None, faults=(), seat="bot-1") as two,
        proxy.session(who=None, faults=(), seat="bot-2") as other,
    ):
        await ask(two)
    assert (one.base_url, one.api_key) == (two.base_url, two.api_key)
    assert other.base_url != two.base_url
    assert one.cost == first
    assert two.cost == Cost(usd=owed(provider) - first.usd)
    assert proxy.stray_calls == 1


async def test_a_session_that_is_left_ends_what_is_under_way_and_books_all_of_it(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    purse = a_purse("1")
    proxy = proxies(purse=purse)
    async with proxy.session(who=None, faults=()) as session:
        call = asyncio.ensure_future(ask(session, model="hang", stream=True))
        while not provider.open_now:
            await asyncio.sleep(0.001)
    settled, reserved = spent(purse)
    assert reserved == ZERO
    assert session.cost == Cost(usd=settled, assumed_calls=1)
    assert settled > 0
    [broken] = await asyncio.gather(call, return_exceptions=True)
    assert isinstance(broken, Exception)


async def test_a_call_that_waits_for_money_ends_with_its_session(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    purse = a_purse("1")
    held = await purse.reserve(Amount(usd=Decimal(1)), who=None)
    async with proxies(purse=purse).session(who=None, faults=()) as session:
        call = asyncio.ensure_future(ask(session))
        while not session.calls:
            await asyncio.sleep(0.001)
    held.settle(Amount())
    await asyncio.gather(call, return_exceptions=True)
    assert spent(purse) == (ZERO, ZERO)
    assert provider.bodies == []


@pytest.mark.parametrize("port", [None, "given"])
async def test_a_shared_address_is_that_of_one_call_at_a_time_and_others_wait_their_turn(
    proxies: Proxies, provider: BillingOpenAI, port: str | None
) -> None:
    proxy = proxies()
    number = free_port() if port else None
    base_url, key = await proxy.address(number)
    order: list[int] = []
    figures: dict[int, Cost] = {}
    before: dict[int, Decimal] = {}

    async def call(place: int) -> None:
        async with proxy.shared(port=number, who=None, faults=()) as session:
            assert (session.base_url, session.api_key) == (base_url, key)
            order.append(place)
            before[place] = owed(provider)
            await ask(session)
            await ask(session)
            before[place] = owed(provider) - before[place]
        figures[place] = session.cost

    await asyncio.gather(*(call(place) for place in range(4)))
    assert order == [0, 1, 2, 3]
    assert figures == {place: Cost(usd=usd) for place, usd in before.items()}
    if number:
        assert base_url == f"http://127.0.0.1:{number}/v1"


async def test_a_server_with_a_port_of_its_own_may_show_any_key_but_must_show_one(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    port = free_port()
    body = '{"model": "ok", "messages": []}'
    async with proxies().shared(port=port, who=None, faults=()) as session:
        url = f"{session.base_url}{CHAT}"
        assert (await send(url, key="sk-whatever", data=body)).status == 200
        assert (await send(url, key="", data=body)).status == 401
    assert session.calls == 1


@pytest.mark.parametrize("port", [None, "given"])
async def test_a_stray_call_of_a_shared_address_is_refused_and_counted(
    proxies: Proxies, provider: BillingOpenAI, port: str | None
) -> None:
    proxy = proxies()
    number = free_port() if port else None
    base_url, key = await proxy.address(number)
    body = '{"model": "ok", "messages": []}'
    said = await send(f"{base_url}{CHAT}", key=key, data=body)
    assert (said.status, said.error["code"]) == (402, "agentops_no_call")
    async with proxy.shared(port=number, who=None, faults=()) as session:
        assert (await ask(session)).status == 200
    assert (await ask(session)).status == 402
    assert proxy.stray_calls == 2
    assert len(provider.bodies) == 1
    # What a server looks at when it starts costs nothing.
    assert (await send(f"{base_url}/models", key=key, method="GET")).status == 200


async def test_a_port_that_is_taken_is_told_by_its_number(proxies: Proxies) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(GatewayError) as raised:
            async with proxies().shared(port=port, who=None, faults=()):
                pass
    assert raised.value.fault.kind is FaultKind.CONNECTION
    assert raised.value.message == f"the meter's port {port} is taken"
    assert raised.value.fix == (
        "end what listens there, or give the agent another one: meter: {port: …}"
    )


async def test_a_port_that_could_not_be_had_is_tried_again(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    proxy = proxies()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(GatewayError):
            await proxy.address(port)
    async with proxy.shared(port=port, who=None, faults=()) as session:
        assert (await ask(session)).status == 200


async def test_many_sessions_that_begin_at_once_share_one_port(proxies: Proxies) -> None:
    proxy = proxies()

    async def port_of() -> str:
        async with proxy.session(who=None, faults=()) as session:
            return session.base_url.split("/")[2]

    assert len(set(await asyncio.gather(*(port_of() for _ in range(8))))) == 1


async def test_nobody_listens_any_more_when_it_is_closed(proxies: Proxies) -> None:
    proxy = proxies()
    base_url, _ = await proxy.address(None)
    await proxy.close()
    port = int(base_url.split(":")[2].split("/")[0])
    with socket.socket() as late, pytest.raises(ConnectionRefusedError):
        late.connect(("127.0.0.1", port))


async def test_a_proxy_that_nobody_used_closes(proxies: Proxies) -> None:
    await proxies().close()


async def test_a_cap_that_a_child_did_not_ask_for_is_counted(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    proxy = proxies()
    async with proxy.session(who=None, faults=()) as session:
        for most in (None, 9, None):
            await ask(session, max_tokens=most)
        await ask(session, "/embeddings")
    assert proxy.capped_calls == 2


async def test_what_is_no_http_is_not_told_to_the_terminal(
    proxies: Proxies, caplog: pytest.LogCaptureFixture
) -> None:
    async with proxies().session(who=None, faults=()) as session:
        port = int(session.base_url.split(":")[2].split("/")[0])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nno header\r\n\r\n")
        assert b"400" in await reader.readline()
        writer.close()
    [record] = caplog.records
    log = logging.getLogger(record.name)
    # Without a handler of its own Python would write it to the terminal.
    assert [type(handler) for handler in log.handlers] == [logging.NullHandler]
