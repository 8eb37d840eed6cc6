import asyncio
import json
import socket
from dataclasses import replace
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from agentops_cli.errors import StoreError
from agentops_cli.model.call import FaultKind, Tags
from agentops_cli.model.money import ZERO, Cost
from agentops_cli.model.settings import ModelSettings
from agentops_cli.model.suite import Budget
from tests.gateways.metering.child import APIS, CHAT, ask, bound_of_last, owed, send
from tests.gateways.metering.conftest import KEY, Proxies
from tests.guards.spending import Full, a_budget, a_purse, spent
from tests.servers.billing_openai import BillingOpenAI
from tests.servers.faulty_openai import FaultyOpenAI


@pytest.mark.parametrize("api", APIS)
async def test_a_call_is_answered_by_the_provider_and_settled_by_its_usage(
    proxies: Proxies, provider: BillingOpenAI, api: str
) -> None:
    purse = a_purse("1")
    async with proxies(purse=purse).session(who=None, faults=()) as session:
        said = await ask(session, api)
    assert said.status == 200
    assert said.headers["Content-Type"] == "application/json; charset=utf-8"
    assert provider.paths == [f"/v1{api}"]
    assert session.cost == Cost(usd=owed(provider))
    assert session.cost.usd > 0
    assert spent(purse) == (owed(provider), ZERO)
    assert (session.calls, session.refused, session.fault) == (1, 0, None)
    assert session.usage.total_tokens > 0


async def test_the_provider_gets_the_real_key_and_the_child_never_sees_it(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies().session(who=None, faults=()) as session:
        said = await ask(session, model="echokey")
    [headers] = provider.headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["content-type"] == "application/json"
    assert headers["content-length"] == str(provider.sizes[0])
    assert session.api_key not in json.dumps(headers)
    assert KEY not in session.api_key
    assert said.error["message"] == "bad key: Bearer [redacted:key]"
    assert session.fault is not None
    assert KEY not in session.fault.message


@pytest.mark.parametrize(
    ("model", "name"),
    [("gpt-4o-mini", "gpt-4o-mini"), ("openai/gpt-4o-mini", "gpt-4o-mini"), ("a/b", "a/b")],
)
async def test_a_model_is_asked_for_by_the_name_that_its_endpoint_knows(
    proxies: Proxies, provider: BillingOpenAI, model: str, name: str
) -> None:
    async with proxies().session(who=None, faults=()) as session:
        assert (await ask(session, model=model)).status == 200
    assert provider.bodies[-1]["model"] == name


async def test_the_price_is_that_of_the_model_as_its_settings_name_it(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    asked: list[str] = []
    settings = ModelSettings(base_url=provider.url)
    models = {"own": settings, "replay/own": settings}
    proxy = proxies(models=models, price_of=asked.append)
    async with proxy.session(who=None, faults=()) as session:
        for model in ("own", "gpt-4o", "openai/gpt-4o", "replay/own", "anthropic/claude"):
            await ask(session, model=model)
    # What is free by its name alone is not asked for over a wire.
    assert asked == [
        "own",
        "openai/gpt-4o",
        "openai/gpt-4o",
        "openai/replay/own",
        "openai/anthropic/claude",
    ]


@pytest.mark.parametrize(
    ("api", "model", "limit", "said_so"),
    [
        (CHAT, "ok", {"max_tokens": 4096}, "4096"),
        (CHAT, "o3", {"max_completion_tokens": 4096}, "4096"),
        ("/responses", "ok", {"max_output_tokens": 4096}, "4096"),
        ("/completions", "ok", {"max_tokens": 16}, None),
    ],
)
async def test_an_answer_without_a_limit_gets_one(
    *,
    proxies: Proxies,
    provider: BillingOpenAI,
    api: str,
    model: str,
    limit: dict[str, int],
    said_so: str | None,
) -> None:
    nothing = {"max_tokens": None, "max_output_tokens": None}
    async with proxies().session(who=None, faults=()) as session:
        said = await ask(session, api, model=model, **nothing)
    limits = {key: value for key, value in provider.bodies[-1].items() if key.startswith("max_")}
    assert limits == limit
    assert said.headers.get("x-agentops-max-tokens") == said_so


async def test_a_limit_that_the_child_gives_is_left_as_it_is(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies().session(who=None, faults=()) as session:
        said = await ask(session, max_tokens=None, max_completion_tokens=9)
    assert provider.bodies[-1]["max_completion_tokens"] == 9
    assert "max_tokens" not in provider.bodies[-1]
    assert "x-agentops-max-tokens" not in said.headers


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("changes", [{}, {"n": 3}])
async def test_the_most_that_a_call_can_cost_is_within_what_was_reserved(
    proxies: Proxies, provider: BillingOpenAI, api: str, changes: dict[str, Any]
) -> None:
    purse = a_purse("1")
    async with proxies(purse=purse).session(who=None, faults=()) as session:
        await ask(session, api, model="most", **changes)
        most = owed(provider)
    tight = a_purse(str(most - Decimal("0.000001")))
    async with proxies(purse=tight).session(who=None, faults=()) as session:
        assert (await ask(session, api, model="most", **changes)).status == 402
    assert owed(provider) == most


async def test_a_call_that_the_budget_does_not_cover_never_leaves(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies(purse=a_purse("0.00005")).session(who=None, faults=()) as session:
        said = await ask(session)
        assert said.status == 402
        assert (said.error["type"], said.error["code"]) == ("budget_exceeded", "agentops_budget")
        assert (
            "of the $0.00005 of the run (budget.runUsd) $0 are spent (raise"
            in said.error["message"]
        )
        assert (await ask(session, "/embeddings", input="x")).status == 402
    assert provider.bodies == []
    assert session.refused == 2
    assert session.fault is not None
    assert session.fault.kind is FaultKind.BUDGET
    assert session.cost == Cost()


async def test_a_refusal_stays_whatever_comes_after_it(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies(purse=a_purse("0.001")).session(who=None, faults=()) as session:
        assert (await ask(session, max_tokens=4096)).status == 402
        assert (await ask(session)).status == 200
    assert session.fault is not None
    assert session.fault.kind is FaultKind.BUDGET


async def test_a_suite_pays_from_its_own_budget(proxies: Proxies, provider: BillingOpenAI) -> None:
    proxy = proxies(purse=a_purse(suites={"s.yaml": "0.0001"}))
    async with proxy.session(who=Tags(suite="s.yaml", case_id="c"), faults=()) as session:
        assert (await ask(session)).status == 402
    async with proxy.session(who=Tags(suite="other.yaml", case_id="c"), faults=()) as session:
        assert (await ask(session)).status == 200
    assert len(provider.bodies) == 1


async def test_an_unknown_price_is_refused_under_a_budget(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies(purse=a_purse("1"), price=None).session(who=None, faults=()) as session:
        said = await ask(session)
    assert (said.status, said.error["code"]) == (402, "agentops_budget")
    assert "openai/ok has no known price" in said.error["message"]
    assert "models: {openai/ok: {price: {inputPer1M" in said.error["message"]
    assert provider.bodies == []
    assert session.refused == 1


async def test_an_unknown_price_is_counted_where_there_is_no_budget(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies(price=None).session(who=None, faults=()) as session:
        assert (await ask(session)).status == 200
    assert session.cost == Cost(unpriced_calls=1)
    assert session.usage.total_tokens > 0


@pytest.mark.parametrize(
    ("model", "status", "kind", "billed"),
    [
        ("400", 400, None, False),
        ("404", 404, None, False),
        ("422", 422, None, False),
        ("401", 401, FaultKind.AUTH, False),
        ("403", 403, FaultKind.AUTH, False),
        ("429", 429, FaultKind.RATE_LIMIT, False),
        ("500", 500, FaultKind.PROVIDER, True),
        ("502", 502, FaultKind.PROVIDER, True),
        ("503", 503, FaultKind.PROVIDER, False),
    ],
)
async def test_an_error_of_the_provider_is_handed_on_and_settled_as_it_may_be_billed(
    *,
    proxies: Proxies,
    provider: BillingOpenAI,
    model: str,
    status: int,
    kind: FaultKind | None,
    billed: bool,
) -> None:
    purse = a_purse("1")
    async with proxies(purse=purse).session(who=None, faults=()) as session:
        said = await ask(session, model=model)
    assert said.status == status
    assert said.error == {"message": f"status {model} was asked for", "type": "asked"}
    assert said.headers["Retry-After"] == "7"
    assert (session.fault and session.fault.kind) == kind
    bound = bound_of_last(provider, output_tokens=20) if billed else ZERO
    assert session.cost == Cost(usd=bound, assumed_calls=int(billed))
    assert spent(purse) == (bound, ZERO)


async def test_a_failure_that_the_agent_overcame_is_forgotten(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies().session(who=None, faults=()) as session:
        await ask(session, model="429")
        assert session.fault is not None
        await ask(session)
    assert session.fault is None


@pytest.mark.parametrize("model", ["nousage", "cut"])
async def test_a_call_of_unknown_usage_settles_at_its_full_reservation(
    proxies: Proxies, provider: BillingOpenAI, model: str
) -> None:
    purse = a_purse("1")
    async with proxies(purse=purse).session(who=None, faults=()) as session:
        said = await ask(session, model=model)
    bound = bound_of_last(provider, output_tokens=20)
    assert bound > owed(provider)
    assert spent(purse) == (bound, ZERO)
    assert session.cost == Cost(usd=bound, assumed_calls=1)
    assert said.status == (200 if model == "nousage" else 502)


@pytest.mark.parametrize(
    ("model", "status", "kind", "billed"),
    [
        ("redirect", 502, FaultKind.NOT_FOUND, False),
        ("html", 200, FaultKind.MALFORMED, True),
        ("truncated", 200, FaultKind.MALFORMED, True),
        ("empty", 200, FaultKind.MALFORMED, True),
        ("hidden429", 200, FaultKind.MALFORMED, True),
        ("drop", 502, FaultKind.CONNECTION, True),
        ("filter", 400, None, True),
        ("nokey", 500, FaultKind.PROVIDER, True),
    ],
)
async def test_whatever_a_server_does_the_child_is_told_and_the_purse_is_right(
    *,
    proxies: Proxies,
    server: FaultyOpenAI,
    model: str,
    status: int,
    kind: FaultKind | None,
    billed: bool,
) -> None:
    purse = a_purse("1")
    proxy = proxies(purse=purse, models={"openai/" + model: ModelSettings(base_url=server.url)})
    async with proxy.session(who=None, faults=()) as session:
        said = await ask(session, model=model)
    assert said.status == status
    assert (session.fault and session.fault.kind) == kind
    assert (spent(purse)[0] > 0) is billed
    assert spent(purse)[1] == ZERO
    assert len(server.requests) == 1


async def test_a_provider_that_cannot_be_reached_costs_nothing(proxies: Proxies) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        proxy = proxies(purse=a_purse("1"), models={"openai/ok": ModelSettings(base_url=address)})
        async with proxy.session(who=None, faults=()) as session:
            said = await ask(session)
    assert (said.status, said.error["code"]) == (502, "agentops_upstream")
    assert "cannot be reached" in said.error["message"]
    assert session.cost == Cost()
    assert session.fault is not None
    assert session.fault.kind is FaultKind.CONNECTION


async def test_a_missing_key_is_told_to_the_child_with_what_to_do(proxies: Proxies) -> None:
    async with proxies(environ={}).session(who=None, faults=()) as session:
        said = await ask(session)
    assert said.status == 401
    assert "set OPENAI_API_KEY to a valid key" in said.error["message"]
    assert session.fault is not None
    assert session.fault.kind is FaultKind.AUTH


async def test_one_base_url_for_the_agent_and_for_us_is_a_circle_and_told(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    environ = {"OPENAI_API_KEY": KEY}
    proxy = proxies(environ=environ)
    async with proxy.session(who=None, faults=()) as session:
        environ["OPENAI_BASE_URL"] = session.base_url
        said = await ask(session)
    assert said.status == 400
    assert "at the meter's own address" in said.error["message"]
    assert session.calls == 1


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("models", ["a", "b"], "another price"),
        ("web_search_options", {"search_context_size": "low"}, "searches are billed"),
        ("modalities", ["text", "audio"], "other outputs than text"),
        ("service_tier", "priority", "within the listed price"),
        ("prediction", {"type": "content", "content": "x"}, "predicted tokens"),
        ("tools", [{"type": "web_search"}], "the tool 'web_search' is refused"),
        (
            "messages",
            [{"role": "system", "content": "x", "cache_control": {"type": "ephemeral"}}],
            "writing a cache",
        ),
    ],
)
@pytest.mark.parametrize("limited", [True, False])
async def test_what_tokens_do_not_tell_the_price_of_is_refused(
    *,
    proxies: Proxies,
    provider: BillingOpenAI,
    key: str,
    value: Any,
    words: str,
    limited: bool,
) -> None:
    purse = a_purse("1") if limited else a_purse()
    async with proxies(purse=purse).session(who=None, faults=()) as session:
        said = await ask(session, **{key: value})
    assert said.status == 400
    assert words in said.error["message"]
    assert provider.bodies == []
    assert session.fault is not None
    assert session.fault.kind is FaultKind.BAD_REQUEST


PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}


@pytest.mark.parametrize(
    ("api", "key", "value"),
    [
        (CHAT, "messages", [{"role": "user", "content": [PICTURE]}]),
        ("/responses", "input", [{"role": "user", "content": [{"type": "input_file"}]}]),
        ("/responses", "input", [{"type": "item_reference", "id": "msg_1"}]),
        ("/responses", "previous_response_id", "resp_1"),
        ("/responses", "prompt", {"id": "pmpt_1"}),
    ],
)
async def test_an_input_of_unknown_size_is_refused_under_a_budget_only(
    proxies: Proxies, provider: BillingOpenAI, api: str, key: str, value: Any
) -> None:
    async with proxies(purse=a_purse("1")).session(who=None, faults=()) as session:
        said = await ask(session, api, **{key: value})
    assert said.status == 400
    assert "under a budget" in said.error["message"]
    assert provider.bodies == []
    async with proxies().session(who=None, faults=()) as session:
        assert (await ask(session, api, **{key: value})).status == 200
    assert session.fault is None


async def test_plain_settings_are_handed_on(proxies: Proxies, provider: BillingOpenAI) -> None:
    plain: dict[str, Any] = {
        "modalities": ["text"],
        "service_tier": "flex",
        "audio": None,
        "tools": [{"type": "function", "function": {"name": "t", "parameters": {}}}],
        "temperature": 0.5,
        "seed": 7,
        "stop": ["x"],
        "metadata": {"team": "evals"},
    }
    async with proxies(purse=a_purse("1")).session(who=None, faults=()) as session:
        assert (await ask(session, **plain)).status == 200
    body = provider.bodies[-1]
    assert {key: body[key] for key in plain if key != "audio"} == {
        key: value for key, value in plain.items() if key != "audio"
    }


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "no JSON"),
        ("[]", "no JSON object"),
        ("{", "no JSON"),
        ('{"messages": []}', "names no model"),
        ('{"model": "ok", "temperature": NaN}', "NaN is not a number"),
        ('{"model": "ok", "temperature": 1e999}', "no JSON"),
        ('{"model": "ok", "max_tokens": -1}', "max_tokens is -1"),
        ('{"model": "ok", "max_tokens": 0}', "max_tokens is 0"),
        ('{"model": "ok", "n": 0}', "n is 0"),
        ('{"model": "ok", "n": true}', "n is True"),
        ('{"model": "ok", "max_tokens": "lots"}', "max_tokens is 'lots'"),
        ('{"model": "ok", "n": 2.5}', "n is 2.5"),
        (b'{"model": "\xff"}', "no JSON"),
        ('{"model": "ok", "x": ' + "[" * 100_000, "no JSON"),
    ],
)
async def test_a_body_that_no_provider_would_take_is_refused(
    proxies: Proxies, provider: BillingOpenAI, data: str | bytes, words: str
) -> None:
    async with proxies().session(who=None, faults=()) as session:
        said = await send(f"{session.base_url}{CHAT}", key=session.api_key, data=data)
    assert (said.status, said.error["code"]) == (400, "agentops_bad_request")
    assert words in said.error["message"]
    assert provider.bodies == []
    # That is the agent's own doing.
    assert session.fault is None


async def test_a_key_that_is_written_twice_is_sent_as_it_was_priced(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    data = '{"model": "most", "messages": [], "max_tokens": 1000000, "max_tokens": 1}'
    async with proxies(purse=a_purse("0.001")).session(who=None, faults=()) as session:
        said = await send(f"{session.base_url}{CHAT}", key=session.api_key, data=data)
    assert said.status == 200
    assert owed(provider) <= Decimal("0.001")


async def test_half_a_surrogate_pair_is_handed_on(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    data = r'{"model": "ok", "messages": [{"role": "user", "content": "\ud800"}]}'
    async with proxies().session(who=None, faults=()) as session:
        said = await send(f"{session.base_url}{CHAT}", key=session.api_key, data=data)
    assert said.status == 200
    assert provider.bodies[-1]["messages"][0]["content"] == "\ud800"


async def test_a_body_that_is_too_large_is_refused(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    data = json.dumps({"model": "ok", "messages": ["x" * (33 * 1024 * 1024)]})
    async with proxies().session(who=None, faults=()) as session:
        said = await send(f"{session.base_url}{CHAT}", key=session.api_key, data=data)
    assert (said.status, said.error["message"]) == (413, "agentops: a body of more than 32 MiB")
    assert provider.bodies == []


async def test_a_child_that_goes_away_ends_the_call_and_pays_all_of_it(
    proxies: Proxies, server: FaultyOpenAI
) -> None:
    purse = a_purse("1")
    proxy = proxies(purse=purse, models={"openai/hang": ModelSettings(base_url=server.url)})
    async with proxy.session(who=None, faults=()) as session:
        call = asyncio.ensure_future(ask(session, model="hang"))
        while not server.open_now:
            await asyncio.sleep(0.001)
        call.cancel()
        while server.open_now:
            await asyncio.sleep(0.001)
    settled, reserved = spent(purse)
    assert settled > 0
    assert reserved == ZERO
    assert session.cost == Cost(usd=settled, assumed_calls=1)
    assert session.fault is None


async def test_the_models_of_the_provider_are_listed_for_nothing(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies(purse=a_purse("0")).session(who=None, faults=()) as session:
        said = await send(f"{session.base_url}/models", key=session.api_key, method="GET")
    assert (said.status, said.body["data"][0]["id"]) == (200, "ok")
    assert (provider.paths, session.calls) == (["/v1/models"], 0)
    async with proxies(environ={}).session(who=None, faults=()) as session:
        said = await send(f"{session.base_url}/models", key=session.api_key, method="GET")
    assert said.status == 401


@pytest.mark.parametrize(
    ("budget", "key"),
    [
        (a_budget(calls=2), "calls"),
        (a_budget(tokens=500), "tokens"),
        (a_budget(case_usd="0.0008"), "caseUsd"),
        (a_budget(usd_per_hour="0.0008"), "usdPerHour"),
    ],
)
async def test_every_limit_holds_back_the_calls_of_an_agent(
    proxies: Proxies, provider: BillingOpenAI, budget: Budget, key: str
) -> None:
    purse = a_purse(budget)
    who = Tags(suite="s.yaml", case_id="order", model="agent/bot")
    async with proxies(purse=purse).session(who=who, faults=()) as session:
        said = [await ask(session, model="most") for _ in range(4)]
    made = len(provider.bodies)
    assert 1 <= made < 4
    assert [answer.status for answer in said] == [200] * made + [402] * (4 - made)
    assert f"budget.{key}" in said[-1].error["message"]
    assert session.fault is not None
    assert (session.fault.kind, session.refused) == (FaultKind.BUDGET, 4 - made)
    other = replace(who, case_id="another")
    async with proxies(purse=purse).session(who=other, faults=()) as session:
        assert (await ask(session)).status == (200 if key == "caseUsd" else 402)


async def test_a_limit_of_tokens_needs_no_price_and_bounds_what_can_be_bounded(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    purse = a_purse(a_budget(tokens=100_000))
    async with proxies(purse=purse, price=None).session(who=None, faults=()) as session:
        assert (await ask(session)).status == 200
        kept = await ask(session, "/responses", input="x", previous_response_id="resp_1")
        assert kept.status == 400
    assert spent(purse, "tokens")[0] == session.usage.total_tokens > 0


async def test_a_ledger_that_cannot_be_written_lets_no_call_through(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    purse = a_purse("1", ledger=Full())
    async with proxies(purse=purse).session(who=None, faults=()) as session:
        assert (await ask(session)).status == 500
    assert provider.bodies == []
    with pytest.raises(StoreError):
        purse.demand_ledger()


async def test_a_call_waits_while_others_hold_what_it_needs(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    # Room for one call at a time; each costs less than it may.
    async with proxies(purse=a_purse("0.0013")).session(who=None, faults=()) as session:
        said = await asyncio.gather(*(ask(session, model="slow", max_tokens=100) for _ in range(4)))
    statuses = [answer.status for answer in said]
    assert statuses.count(200) >= 2
    assert provider.most_open == 1
    assert owed(provider) <= Decimal("0.0013")


async def test_an_answer_of_azure_is_asked_for_where_its_deployment_is(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    environ = {"AZURE_API_BASE": provider.url.removesuffix("/v1"), "AZURE_API_KEY": KEY}
    async with proxies(environ=environ).session(who=None, faults=()) as session:
        await ask(session, "/embeddings", model="azure/ok")
    assert provider.paths == ["/openai/deployments/ok/embeddings"]
    assert provider.headers[-1]["api-key"] == KEY


async def test_a_child_may_show_its_key_as_azures_clients_do(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies().session(who=None, faults=()) as session:
        body = {"model": "ok", **APIS[CHAT]}
        async with (
            aiohttp.ClientSession() as client,
            client.post(
                f"{session.base_url}{CHAT}", json=body, headers={"api-key": session.api_key}
            ) as answer,
        ):
            assert answer.status == 200


async def test_a_body_that_is_not_packed_as_it_says_is_refused(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies().session(who=None, faults=()) as session:
        headers = {"Authorization": f"Bearer {session.api_key}", "Content-Encoding": "gzip"}
        async with (
            aiohttp.ClientSession(headers=headers) as client,
            client.post(f"{session.base_url}{CHAT}", data=b"{}") as answer,
        ):
            assert answer.status == 400
    assert session.fault is None
    assert provider.bodies == []


async def test_a_header_that_cannot_be_sent_costs_nothing(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    purse = a_purse("1")
    settings = ModelSettings(base_url=provider.url, headers={"x-team": "ev\x00als"})
    proxy = proxies(purse=purse, models={"openai/ok": settings})
    async with proxy.session(who=None, faults=()) as session:
        said = await ask(session)
    assert said.status == 502
    assert "mend the headers" in said.error["message"]
    assert spent(purse) == (ZERO, ZERO)
    assert provider.bodies == []
