import pytest

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.providers import (
    PROVIDERS,
    client_of,
    find_key,
    key_fix,
    key_names,
    provider_of,
)
from agentops_cli.model.call import FaultKind
from agentops_cli.model.settings import ModelSettings

PLAIN = ModelSettings()
ELSEWHERE = ModelSettings(base_url="http://127.0.0.1:8000/v1")


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("openai/gpt-4o", "openai"),
        ("meta-llama/Llama-3-8B", "meta-llama"),
        ("gpt-4o-mini", "openai"),
        ("ft:gpt-4o-mini-2024-07-18:acme::1", "openai"),
        ("chatgpt-4o-latest", "openai"),
        ("o1", "openai"),
        ("o3-mini", "openai"),
        ("gpt-oss-20b", ""),
        ("olmo", ""),
        ("o1000", ""),
        ("claude-sonnet-4-5", ""),
    ],
)
def test_the_provider_is_the_prefix_or_openai_for_its_bare_names(model: str, provider: str) -> None:
    assert provider_of(model) == provider


@pytest.mark.parametrize(
    ("model", "settings", "client"),
    [
        ("openai/gpt-4o", PLAIN, "openai_chat"),
        ("azure/my-gpt", PLAIN, "openai_chat"),
        ("ollama/llama3", PLAIN, "openai_chat"),
        ("hosted_vllm/llama", PLAIN, "openai_chat"),
        ("openrouter/anthropic/claude-sonnet-4.5", PLAIN, "openai_chat"),
        ("litellm_proxy/cheap", PLAIN, "openai_chat"),
        ("github/openai/gpt-4o", PLAIN, "openai_chat"),
        ("gpt-4o-mini", PLAIN, "openai_chat"),
        ("anthropic/claude-sonnet-4-5", PLAIN, "litellm"),
        ("claude-sonnet-4-5", PLAIN, "litellm"),
        ("anthropic/claude-sonnet-4-5", ELSEWHERE, "openai_chat"),
        ("my-model", ELSEWHERE, "openai_chat"),
        ("anthropic/c", ModelSettings(base_url="http://h/v1", gateway="litellm"), "litellm"),
        ("openai/gpt-4o", ModelSettings(gateway="litellm"), "litellm"),
        ("mistral/small", ModelSettings(gateway="openai_chat"), "openai_chat"),
        ("local/smollm2", PLAIN, "local"),
        ("replay/answers.jsonl", PLAIN, "replay"),
        ("scripted/fine", PLAIN, "scripted"),
        # Free by their prefix, so no setting may send them to somebody who bills.
        ("local/smollm2", ELSEWHERE, "local"),
        ("replay/answers.jsonl", ModelSettings(gateway="litellm"), "replay"),
    ],
)
def test_the_client_follows_the_settings_and_then_the_provider(
    model: str, settings: ModelSettings, client: str
) -> None:
    assert client_of(model, settings) == client


def test_a_variable_that_the_settings_name_is_the_only_one() -> None:
    settings = ModelSettings(api_key_env="GATEWAY_KEY")
    assert key_names("openai/gpt-4o", settings) == ("GATEWAY_KEY",)
    with pytest.raises(GatewayError) as raised:
        find_key("openai/gpt-4o", settings, {"OPENAI_API_KEY": "sk"}, needed=False)
    fault = raised.value.fault
    assert (fault.kind, fault.billed) == (FaultKind.AUTH, False)
    assert "GATEWAY_KEY" in fault.message
    assert fault.fix == "set GATEWAY_KEY to a valid key"


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_the_usual_variables_of_every_provider_are_read_in_order(provider: str) -> None:
    names = PROVIDERS[provider].keys
    for first in range(len(names)):
        environ = {name: f"key-of-{name}" for name in names[first:]}
        found = find_key(f"{provider}/m", PLAIN, environ, needed=True)
        assert found == (names[first], f"key-of-{names[first]}")


def test_a_server_of_an_unknown_provider_gets_no_providers_key() -> None:
    environ = {"OPENAI_API_KEY": "sk", "ANTHROPIC_API_KEY": "sk-ant"}
    assert find_key("my-model", ELSEWHERE, environ, needed=False) == (None, None)
    assert "apiKeyEnv" in key_fix("my-model", ELSEWHERE)


def test_the_line_break_that_a_secret_store_adds_is_no_part_of_the_key() -> None:
    environ = {"OPENAI_API_KEY": " sk-1\n"}
    assert find_key("openai/m", PLAIN, environ, needed=True) == ("OPENAI_API_KEY", "sk-1")


@pytest.mark.parametrize("key", ["", " \n"])
def test_an_empty_variable_is_no_key(key: str) -> None:
    with pytest.raises(GatewayError, match="OPENAI_API_KEY is not set"):
        find_key("openai/m", PLAIN, {"OPENAI_API_KEY": key}, needed=True)


@pytest.mark.parametrize("key", ["sk-1\nx-other: header", "sk-1\x00", "sk-\N{EN DASH}1"])
def test_a_key_that_no_header_can_carry_is_told_and_not_repeated(key: str) -> None:
    with pytest.raises(GatewayError) as raised:
        find_key("openai/m", PLAIN, {"OPENAI_API_KEY": key}, needed=True)
    assert "OPENAI_API_KEY" in raised.value.message
    assert key[:4] not in raised.value.message
