import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agentops_cli.gateways.openai_chat import OpenAIChat
from agentops_cli.model.call import FaultKind, Finish, RateLimits
from agentops_cli.model.money import Usage
from agentops_cli.model.prompt import Message
from agentops_cli.model.settings import ModelSettings
from agentops_cli.model.tool import Tool, ToolCall
from agentops_cli.ports import GatewayType
from tests.builders import a_request
from tests.gateways.asking import KEY, fault_of
from tests.servers.faulty_openai import FaultyOpenAI

# The type checker holds it to the socket.
OPENS: GatewayType = OpenAIChat


async def test_an_answer_comes_back_with_all_that_was_reported(
    chat: OpenAIChat, server: FaultyOpenAI
) -> None:
    hello = (Message(role="user", content="Hello, wörld \N{PARTY POPPER}"),)
    completion = await chat.complete(a_request(model="openai/ok", messages=hello))
    assert completion.text == "You said: Hello, wörld \N{PARTY POPPER}"
    assert completion.finish is Finish.STOP
    assert completion.model == "ok-2026-01-01"
    assert completion.usage == Usage(
        input_tokens=20, output_tokens=7, cached_input_tokens=12, reasoning_tokens=3
    )
    assert completion.latency_s > 0
    assert not completion.cached
    [seen] = server.requests
    assert seen.path == "/v1/chat/completions"
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.headers["content-type"] == "application/json"
    assert seen.body["messages"] == [{"role": "user", "content": hello[0].content}]
    assert seen.body["max_tokens"] == 256


async def test_the_latency_is_that_of_the_call(server: FaultyOpenAI) -> None:
    ticks = iter([10.0, 12.5])
    models = {"m": ModelSettings(base_url=server.url)}
    chat = OpenAIChat(models, environ={}, concurrency=1, clock=lambda: next(ticks))
    completion = await chat.complete(a_request(model="m"))
    await chat.close()
    assert completion.latency_s == 2.5


async def test_tool_calls_come_back(chat: OpenAIChat) -> None:
    completion = await chat.complete(a_request(model="openai/tools"))
    call = ToolCall(id="call_1", name="get_order", arguments='{"id": "812"}')
    assert (completion.text, completion.finish) == ("", Finish.TOOL)
    assert completion.tool_calls == (call,)


async def test_tools_go_out_with_the_request(chat: OpenAIChat, server: FaultyOpenAI) -> None:
    tools = (Tool(name="get_order", parameters={"type": "object"}),)
    await chat.complete(a_request(model="openai/tools", tools=tools))
    [seen] = server.requests
    assert [tool["function"]["name"] for tool in seen.body["tools"]] == ["get_order"]


async def test_what_a_reply_says_of_limits_comes_with_the_answer(chat: OpenAIChat) -> None:
    completion = await chat.complete(a_request(model="openai/limits"))
    assert completion.limits == RateLimits(
        remaining_requests=41,
        remaining_tokens=149_984,
        resets_requests_s=360.0,
        resets_tokens_s=0.02,
    )
    assert (await chat.complete(a_request(model="openai/ok"))).limits is None


async def test_what_a_refusal_says_of_limits_comes_with_the_fault(chat: OpenAIChat) -> None:
    fault = await fault_of(chat, "openai/busy")
    assert (fault.kind, fault.final, fault.retry_after_s) == (FaultKind.RATE_LIMIT, False, 7.0)
    assert fault.limits == RateLimits(remaining_requests=0, resets_requests_s=60.5)


@pytest.mark.parametrize(("model", "final"), [("quota", True), ("429", False), ("busy", False)])
async def test_only_a_quota_that_is_gone_is_gone_for_good(
    chat: OpenAIChat, model: str, *, final: bool
) -> None:
    assert (await fault_of(chat, f"openai/{model}")).final is final


@pytest.mark.parametrize("model", ["openai/filter", "openai/filtered"])
async def test_a_content_filter_is_an_answer_however_it_comes(chat: OpenAIChat, model: str) -> None:
    completion = await chat.complete(a_request(model=model))
    assert (completion.text, completion.finish) == ("", Finish.FILTERED)


async def test_a_refused_prompt_has_no_usage_as_some_providers_bill_it(chat: OpenAIChat) -> None:
    assert (await chat.complete(a_request(model="openai/filter"))).usage is None


@pytest.mark.parametrize(
    ("model", "kind", "billed", "words"),
    [
        ("400", FaultKind.BAD_REQUEST, False, "400"),
        ("401", FaultKind.AUTH, False, "401 Unauthorized"),
        ("403", FaultKind.AUTH, False, "403 Forbidden"),
        ("404", FaultKind.NOT_FOUND, False, "/v1/chat/completions"),
        ("422", FaultKind.BAD_REQUEST, False, "422"),
        ("429", FaultKind.RATE_LIMIT, False, "429 Too Many Requests"),
        ("quota", FaultKind.RATE_LIMIT, False, "exceeded your current quota"),
        ("hidden429", FaultKind.RATE_LIMIT, False, "slow down"),
        ("500", FaultKind.PROVIDER, True, "500"),
        ("503", FaultKind.PROVIDER, False, "503"),
        ("wrongkey", FaultKind.AUTH, False, "No connected db."),
        ("badmodel", FaultKind.NOT_FOUND, False, "Invalid model name"),
        ("html", FaultKind.MALFORMED, True, "<!doctype html>"),
        ("empty", FaultKind.MALFORMED, True, "an empty body"),
        ("truncated", FaultKind.MALFORMED, True, "not JSON"),
        ("types", FaultKind.MALFORMED, True, "content that is an object"),
        ("nochoices", FaultKind.MALFORMED, True, "without choices"),
        ("huge", FaultKind.MALFORMED, True, "more than 16 MiB"),
        ("cut", FaultKind.CONNECTION, True, "broke the connection"),
        ("drop", FaultKind.CONNECTION, True, "broke the connection"),
        ("redirect", FaultKind.NOT_FOUND, False, "elsewhere.example"),
    ],
)
async def test_everything_that_goes_wrong_is_a_fault_of_its_kind(
    *, chat: OpenAIChat, server: FaultyOpenAI, model: str, kind: FaultKind, billed: bool, words: str
) -> None:
    fault = await fault_of(chat, f"openai/{model}")
    assert (fault.kind, fault.billed) == (kind, billed)
    assert words in fault.message
    assert f"openai/{model}" in fault.message
    assert f"127.0.0.1:{server.port}" in fault.message
    assert fault.fix
    assert "\n" not in fault.message
    assert KEY not in f"{fault.message} {fault.fix}"
    assert len(server.requests) == 1, "one attempt is one call"


async def test_after_every_fault_the_gateway_still_answers(chat: OpenAIChat) -> None:
    for model in ("500", "huge", "cut", "drop", "html"):
        await fault_of(chat, f"openai/{model}")
        assert (await chat.complete(a_request(model="openai/ok"))).text


async def test_a_key_that_the_server_repeats_is_taken_out(chat: OpenAIChat) -> None:
    fault = await fault_of(chat, "openai/echokey")
    assert "Incorrect API key provided: Bearer [redacted:key]" in fault.message


async def test_reasoning_models_are_asked_with_their_own_limit(server: FaultyOpenAI) -> None:
    environ = {"OPENAI_BASE_URL": server.url}
    chat = OpenAIChat({}, environ=environ, concurrency=1)
    await chat.complete(a_request(model="openai/o3", max_tokens=99))
    await chat.close()
    [seen] = server.requests
    assert (seen.body["max_completion_tokens"], "max_tokens" in seen.body) == (99, False)


@pytest.mark.parametrize("model", ["openai/hang", "openai/drip"])
async def test_a_server_that_does_not_finish_times_out(chat: OpenAIChat, model: str) -> None:
    fault = await fault_of(chat, model, timeout_s=0.05)
    assert (fault.kind, fault.billed) == (FaultKind.TIMEOUT, True)
    assert "within 0.05 s" in fault.message
    assert "--timeout" in (fault.fix or "")


@contextmanager
def a_closed_port() -> Iterator[int]:
    """A port that nobody listens on, kept from others."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


async def test_a_port_that_nobody_listens_on_costs_nothing() -> None:
    with a_closed_port() as port:
        models = {"m": ModelSettings(base_url=f"http://127.0.0.1:{port}/v1")}
        chat = OpenAIChat(models, environ={}, concurrency=1)
        fault = await fault_of(chat, "m")
        await chat.close()
    assert (fault.kind, fault.billed) == (FaultKind.CONNECTION, False)
    assert f"127.0.0.1:{port}" in fault.message


async def test_a_host_that_has_no_name_costs_nothing() -> None:
    models = {"m": ModelSettings(base_url="http://no-such-host.invalid/v1")}
    chat = OpenAIChat(models, environ={}, concurrency=1)
    fault = await fault_of(chat, "m")
    await chat.close()
    assert (fault.kind, fault.billed) == (FaultKind.CONNECTION, False)
    assert "no-such-host.invalid" in fault.message


async def test_a_proxy_that_refuses_is_named_by_its_variable() -> None:
    with a_closed_port() as port:
        environ = {"HTTP_PROXY": f"http://user:hidden@127.0.0.1:{port}"}
        models = {"m": ModelSettings(base_url="http://gateway.example/v1")}
        chat = OpenAIChat(models, environ=environ, concurrency=1)
        fault = await fault_of(chat, "m")
        await chat.close()
    assert (fault.kind, fault.billed) == (FaultKind.CONNECTION, False)
    assert "HTTPS_PROXY" in (fault.fix or "")
    assert "hidden" not in f"{fault.message} {fault.fix}"


async def test_a_proxy_of_the_environment_is_used(server: FaultyOpenAI) -> None:
    environ = {"HTTP_PROXY": f"http://127.0.0.1:{server.port}"}
    models = {"ok": ModelSettings(base_url="http://gateway.example/v1")}
    chat = OpenAIChat(models, environ=environ, concurrency=1)
    assert (await chat.complete(a_request(model="ok"))).text
    await chat.close()
    [seen] = server.requests
    assert seen.path == "http://gateway.example/v1/chat/completions"


async def test_a_missing_key_is_a_fault_and_no_call(server: FaultyOpenAI) -> None:
    chat = OpenAIChat({}, environ={}, concurrency=1)
    fault = await fault_of(chat, "openai/gpt-4o")
    await chat.close()
    assert (fault.kind, fault.billed) == (FaultKind.AUTH, False)
    assert "OPENAI_API_KEY" in fault.message
    assert server.requests == []


async def test_one_gateway_serves_many_models_each_with_its_own_settings(
    server: FaultyOpenAI,
) -> None:
    environ = {
        "AZURE_API_BASE": f"http://127.0.0.1:{server.port}",
        "AZURE_API_KEY": "az",
        "GATEWAY_KEY": "gw",
        "OLLAMA_API_BASE": f"http://127.0.0.1:{server.port}",
    }
    named = ModelSettings(
        base_url=server.url, api_key_env="GATEWAY_KEY", headers={"x-team": "evals"}
    )
    chat = OpenAIChat({"openai/ok": named}, environ=environ, concurrency=2)
    for model in ("openai/ok", "azure/ok", "ollama/ok"):
        await chat.complete(a_request(model=model))
    await chat.close()
    direct, azure, ollama = server.requests
    assert (direct.headers["authorization"], direct.headers["x-team"]) == ("Bearer gw", "evals")
    assert azure.path == "/openai/deployments/ok/chat/completions?api-version=2025-02-01-preview"
    assert (azure.headers["api-key"], "authorization" in azure.headers) == ("az", False)
    assert (ollama.path, "authorization" in ollama.headers) == ("/v1/chat/completions", False)


async def test_connections_are_kept_and_never_more_than_allowed(server: FaultyOpenAI) -> None:
    chat = OpenAIChat({"m": ModelSettings(base_url=server.url)}, environ={}, concurrency=3)
    request = a_request(model="m")
    await asyncio.gather(*(chat.complete(request) for _ in range(30)))
    await chat.close()
    assert len(server.requests) == 30
    assert server.most_open <= 3
    assert server.connections <= 3


async def test_a_call_that_is_cancelled_stays_cancelled(chat: OpenAIChat) -> None:
    call = asyncio.create_task(chat.complete(a_request(model="openai/hang")))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_gateway_that_was_never_asked_closes(server: FaultyOpenAI) -> None:
    await OpenAIChat({}, environ={}, concurrency=1).close()
    assert server.requests == []


async def test_a_header_that_cannot_be_sent_is_a_fault(server: FaultyOpenAI) -> None:
    settings = ModelSettings(base_url=server.url, headers={"x-team": "ev\x00als"})
    gateway = OpenAIChat({"openai/ok": settings}, environ={}, concurrency=1)
    fault = await fault_of(gateway, "openai/ok")
    await gateway.close()
    assert (fault.kind, fault.billed) == (FaultKind.CONNECTION, False)
    assert fault.fix == "mend the headers in the configuration, or the key"
    assert server.requests == []
