import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from agentops_cli.gateways.litellm import LiteLLM
from agentops_cli.model.call import FaultKind
from agentops_cli.model.prompt import Sampling
from agentops_cli.model.settings import ModelSettings
from agentops_cli.ports import GatewayType
from tests.gateways.asking import fault_of
from tests.servers.faulty_openai import FaultyOpenAI
from tests.servers.litellm_worker import A_KEY, worker

# The type checker holds it to the socket.
OPENS: GatewayType = LiteLLM

SCHEMA = {"type": "object", "properties": {"label": {"type": "string"}}}
LABELS = {
    "type": "object",
    "properties": {"labels": {"type": "array", "items": {"type": "string"}}},
    "required": ["labels"],
    "additionalProperties": False,
}


def ask(server: FaultyOpenAI, model: str, *, base_url: str = "", **request: Any) -> Any:
    """What comes of asking through litellm, by default at the server."""
    settings = {
        "base_url": base_url or server.url,
        "gateway": "litellm",
        "headers": {"x-team": "evals"},
        "api_key_env": "A_KEY",
    }
    return worker().ask("complete", model=model, settings=settings, request=request)


def test_nothing_is_imported_before_a_call_is_live() -> None:
    program = (
        "import asyncio, sys\n"
        "from agentops_cli.gateways.litellm import LiteLLM\n"
        "gateway = LiteLLM({}, environ={}, concurrency=1)\n"
        "asyncio.run(gateway.close())\n"
        "assert not {'litellm', 'openai', 'httpx', 'aiohttp'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_answer_comes_back_with_all_that_was_reported(server: FaultyOpenAI) -> None:
    completion = ask(server, "mistral/ok")["completion"]
    assert completion["text"] == "You said: Add a wishlist"
    assert (completion["finish"], completion["model"]) == ("stop", "ok-2026-01-01")
    assert completion["usage"] == {
        "input_tokens": 20,
        "output_tokens": 7,
        "cached_input_tokens": 12,
        "reasoning_tokens": 3,
    }
    assert completion["latency_s"] > 0
    [seen] = server.requests
    assert (seen.body["model"], seen.body["max_tokens"]) == ("ok", 256)
    assert seen.headers["x-team"] == "evals"
    assert seen.headers["authorization"] == f"Bearer {A_KEY}"


def test_what_a_reply_says_of_limits_comes_with_it(server: FaultyOpenAI) -> None:
    left = ask(server, "mistral/limits")["completion"]["limits"]
    assert (left["remaining_requests"], left["remaining_tokens"]) == (41, 149_984)
    assert (left["resets_requests_s"], left["resets_tokens_s"]) == (360.0, pytest.approx(0.02))
    fault = ask(server, "mistral/busy")["fault"]
    assert (fault["kind"], fault["retry_after_s"], fault["final"]) == ("rate_limit", 7.0, False)
    assert fault["limits"]["resets_requests_s"] == 60.5


def test_an_answer_without_usage_has_none(server: FaultyOpenAI) -> None:
    assert ask(server, "mistral/nousage")["completion"]["usage"] is None


def test_tool_calls_come_back(server: FaultyOpenAI) -> None:
    completion = ask(server, "mistral/tools")["completion"]
    call = {"id": "call_1", "name": "get_order", "arguments": '{"id": "812"}'}
    assert (completion["text"], completion["tool_calls"]) == ("", [call])


GET_ORDER = {
    "name": "get_order",
    "parameters": {
        "type": "object",
        "properties": {"id": {"type": "string"}},
        "required": ["id"],
    },
}
ASKED = {"id": "call00000", "name": "get_order", "arguments": '{"id": "812"}'}
TALK: list[dict[str, Any]] = [
    {"role": "user", "content": "Where is it?", "tool_calls": []},
    {"role": "assistant", "content": "", "tool_calls": [ASKED]},
    {"role": "tool", "content": '{"total": 40}', "tool_call_id": "call00000", "tool_calls": []},
    {"role": "assistant", "content": "", "tool_calls": []},
    {"role": "user", "content": "And now?", "tool_calls": []},
]


def test_tools_and_their_answers_go_out_as_openai_has_them(server: FaultyOpenAI) -> None:
    ask(server, "mistral/ok", messages=TALK, tools=[GET_ORDER])
    [seen] = server.requests
    [tool] = seen.body["tools"]
    assert tool["function"] == GET_ORDER
    _, asked, said, *_ = seen.body["messages"]
    assert asked["tool_calls"][0]["function"] == {
        "name": "get_order",
        "arguments": '{"id": "812"}',
    }
    assert (said["content"], said["tool_call_id"]) == ('{"total": 40}', "call00000")


def test_tools_and_their_answers_are_translated_for_anthropic(server: FaultyOpenAI) -> None:
    root = f"http://127.0.0.1:{server.port}"
    model = "anthropic/claude-sonnet-4-5"
    assert "completion" in ask(server, model, base_url=root, messages=TALK, tools=[GET_ORDER])
    [seen] = server.requests
    assert seen.body["tools"][0]["input_schema"]["required"] == ["id"]
    parts = [part for one in seen.body["messages"] for part in one["content"]]
    # litellm puts words of its own where an answer was empty, which Anthropic would refuse.
    assert [part["type"] for part in parts] == ["text", "tool_use", "tool_result", "text", "text"]
    assert all(part["text"] for part in parts if part["type"] == "text")
    assert parts[1]["input"] == {"id": "812"}


def test_tools_and_their_answers_are_translated_for_gemini(server: FaultyOpenAI) -> None:
    ask(server, "gemini/gemini-2.5-flash", messages=TALK, tools=[GET_ORDER])
    [seen] = server.requests
    parts = [part for one in seen.body["contents"] for part in one["parts"]]
    [call] = [part["function_call"] for part in parts if "function_call" in part]
    assert (call["name"], call["args"]) == ("get_order", {"id": "812"})


@pytest.mark.parametrize(
    "model", ["mistral/filter", "anthropic/filter", "openai/filter", "mistral/filtered"]
)
def test_a_content_filter_is_an_answer_however_it_comes(server: FaultyOpenAI, model: str) -> None:
    completion = ask(server, model)["completion"]
    assert (completion["text"], completion["finish"]) == ("", "content_filter")


@pytest.mark.parametrize(
    ("model", "kind", "billed", "words"),
    [
        # litellm calls each of these a bad request when Mistral answers it.
        ("mistral/400", FaultKind.BAD_REQUEST, False, "400"),
        ("mistral/401", FaultKind.AUTH, False, "401"),
        ("mistral/403", FaultKind.AUTH, False, "403"),
        ("mistral/404", FaultKind.NOT_FOUND, False, "404"),
        ("mistral/422", FaultKind.BAD_REQUEST, False, "422"),
        ("mistral/429", FaultKind.RATE_LIMIT, False, "429"),
        ("mistral/quota", FaultKind.RATE_LIMIT, False, "exceeded your current quota"),
        ("mistral/500", FaultKind.PROVIDER, True, "500"),
        ("mistral/503", FaultKind.PROVIDER, False, "503"),
        ("mistral/silent503", FaultKind.PROVIDER, False, "503"),
        ("anthropic/401", FaultKind.AUTH, False, "401"),
        ("anthropic/404", FaultKind.NOT_FOUND, False, "404"),
        ("anthropic/429", FaultKind.RATE_LIMIT, False, "429"),
        ("anthropic/500", FaultKind.PROVIDER, True, "500"),
        ("anthropic/529", FaultKind.PROVIDER, False, "529"),
        ("openai/401", FaultKind.AUTH, False, "401"),
        ("openai/429", FaultKind.RATE_LIMIT, False, "429"),
        ("openai/500", FaultKind.PROVIDER, True, "500"),
        ("openai/silent503", FaultKind.PROVIDER, False, "503"),
        ("openai/html", FaultKind.MALFORMED, True, "cannot read"),
        ("openai/drop", FaultKind.CONNECTION, True, "broke the connection"),
        ("anthropic/ok", FaultKind.MALFORMED, True, "cannot read"),
        ("mistral/html", FaultKind.MALFORMED, True, "cannot read"),
        ("mistral/empty", FaultKind.MALFORMED, True, "cannot read"),
        ("mistral/truncated", FaultKind.MALFORMED, True, "cannot read"),
        ("mistral/types", FaultKind.MALFORMED, True, "cannot read"),
        ("mistral/nochoices", FaultKind.MALFORMED, True, "without choices"),
        ("mistral/cut", FaultKind.CONNECTION, True, "broke the connection"),
        ("mistral/drop", FaultKind.CONNECTION, True, "broke the connection"),
    ],
)
def test_everything_that_goes_wrong_is_a_fault_of_its_kind(
    *, server: FaultyOpenAI, model: str, kind: FaultKind, billed: bool, words: str
) -> None:
    fault = ask(server, model)["fault"]
    assert (fault["kind"], fault["billed"]) == (kind, billed)
    assert words in fault["message"]
    assert model in fault["message"]
    assert f"127.0.0.1:{server.port}" in fault["message"]
    assert "\n" not in fault["message"]
    assert fault["fix"]
    assert A_KEY not in str(fault)
    assert len(server.requests) == 1, "one attempt is one call"


def test_a_key_that_the_server_repeats_is_taken_out(server: FaultyOpenAI) -> None:
    fault = ask(server, "mistral/echokey")["fault"]
    assert "[redacted:key]" in fault["message"]
    assert A_KEY not in str(fault)


@pytest.mark.parametrize("model", ["mistral/hang", "mistral/drip", "openai/drip"])
def test_a_server_that_does_not_finish_times_out(server: FaultyOpenAI, model: str) -> None:
    fault = ask(server, model, timeout_s=0.2)["fault"]
    assert (fault["kind"], fault["billed"]) == (FaultKind.TIMEOUT, True)
    assert "within 0.2 s" in fault["message"]


@pytest.mark.parametrize("model", ["mistral/ok", "anthropic/ok", "openai/ok"])
def test_a_port_that_nobody_listens_on_costs_nothing(server: FaultyOpenAI, model: str) -> None:
    fault = ask(server, model, base_url="http://127.0.0.1:9/v1")["fault"]
    assert (fault["kind"], fault["billed"]) == (FaultKind.CONNECTION, False)


def test_a_provider_that_litellm_does_not_know_costs_nothing(server: FaultyOpenAI) -> None:
    fault = ask(server, "nonsense/x")["fault"]
    assert (fault["kind"], fault["billed"]) == (FaultKind.BAD_REQUEST, False)
    assert server.requests == []


def test_a_setting_that_a_provider_does_not_take_is_told_and_not_dropped(
    server: FaultyOpenAI,
) -> None:
    fault = ask(server, "anthropic/claude-sonnet-4-5", sampling={"seed": 3})["fault"]
    assert (fault["kind"], fault["billed"]) == (FaultKind.BAD_REQUEST, False)
    assert fault["message"].startswith("litellm answered 400 Bad Request")
    assert "seed" in fault["message"]
    assert server.requests == []


@pytest.mark.parametrize(
    ("model", "takes_it"),
    [("mistral/mistral-large-latest", True), ("openai/unheard-of", True), ("maritalk/x", False)],
)
def test_a_schema_is_sent_where_the_provider_takes_one(
    server: FaultyOpenAI, model: str, takes_it: bool
) -> None:
    ask(server, model, response_schema=SCHEMA)
    [seen] = server.requests
    sent = seen.body.get("response_format", {}).get("json_schema", {}).get("schema")
    assert sent == (SCHEMA if takes_it else None)


@pytest.mark.parametrize(
    ("model", "carries"),
    [
        ("anthropic/claude-sonnet-4-5", lambda body: body["output_format"]["schema"]),
        # Older ones take no schema: litellm demands a call of a tool that has it.
        ("anthropic/claude-3-haiku-20240307", lambda body: body["tools"][0]["input_schema"]),
    ],
)
def test_a_schema_and_its_answer_are_translated_for_anthropic(
    server: FaultyOpenAI, model: str, carries: Callable[[Any], Any]
) -> None:
    root = f"http://127.0.0.1:{server.port}"
    whole = ask(server, model, base_url=root, response_schema=LABELS)["completion"]
    assert json.loads(whole["text"]) == {"labels": ["payment", "error"]}
    assert (whole["finish"], whole["tool_calls"]) == ("stop", [])
    assert carries(server.requests[0].body) == LABELS


@pytest.mark.parametrize(
    ("model", "text"),
    [
        ("anthropic/claude-sonnet-4-5", '{"labels": ["payment'),
        ("anthropic/claude-3-haiku-20240307", '{"labels": ["payment"]}\N{HORIZONTAL ELLIPSIS}'),
    ],
)
def test_a_cut_off_answer_under_a_schema_never_looks_whole(
    server: FaultyOpenAI, model: str, text: str
) -> None:
    root = f"http://127.0.0.1:{server.port}"
    cut = ask(server, model, base_url=root, response_schema=LABELS, max_tokens=30)["completion"]
    assert (cut["text"], cut["finish"]) == (text, "length")


def test_a_schema_reaches_gemini_under_its_own_name(server: FaultyOpenAI) -> None:
    ask(server, "gemini/gemini-2.5-flash", response_schema=LABELS)
    [seen] = server.requests
    settings = seen.body["generationConfig"]
    assert settings["response_mime_type"] == "application/json"
    assert settings["response_json_schema"] == LABELS


def test_dotprompts_name_for_gemini_is_litellms(server: FaultyOpenAI) -> None:
    ask(server, "googleai/gemini-2.5-flash")
    [seen] = server.requests
    assert "gemini-2.5-flash:generateContent" in seen.path


@pytest.mark.parametrize(
    "extra",
    [
        {"api_base": "http://elsewhere.example"},
        {"vertex_credentials": "/etc/passwd"},
        {"mock_response": "passed"},
        {"fallbacks": ["openai/gpt-5"]},
        {"generationConfig": {"maxOutputTokens": 100_000}},
        {"n": 8},
    ],
    ids=str,
)
async def test_no_prompt_can_steer_litellm_through_its_settings(extra: Any) -> None:
    models = {"mistral/ok": ModelSettings(base_url="http://127.0.0.1:9/v1")}
    gateway = LiteLLM(models, environ={}, concurrency=1)
    fault = await fault_of(gateway, "mistral/ok", sampling=Sampling(extra=extra))
    assert (fault.kind, fault.billed) == (FaultKind.BAD_REQUEST, False)
    assert repr(next(iter(extra))) in fault.message


async def test_a_missing_key_is_told_without_importing_anything() -> None:
    gateway = LiteLLM({}, environ={}, concurrency=1)
    fault = await fault_of(gateway, "anthropic/claude-sonnet-4-5")
    assert (fault.kind, fault.billed) == (FaultKind.AUTH, False)
    assert "ANTHROPIC_API_KEY" in fault.message


def test_litellm_prints_nothing_and_reaches_nobody_else(server: FaultyOpenAI) -> None:
    ask(server, "mistral/ok")
    ask(server, "mistral/500")
    assert worker().noise() == ""
    assert set(worker().ask("hosts")) <= {"127.0.0.1"}
