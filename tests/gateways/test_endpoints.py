import pytest

from agentops_cli import __version__
from agentops_cli.errors import GatewayError
from agentops_cli.gateways.endpoints import base_url_of, endpoint_of, missing_key
from agentops_cli.model.call import Fault, FaultKind
from agentops_cli.model.settings import ModelSettings

PLAIN = ModelSettings()
VERSION = "2025-02-01-preview"
AZURE = {"AZURE_API_BASE": "https://acme.openai.azure.com", "AZURE_API_KEY": "az"}
DEPLOYMENT = "https://acme.openai.azure.com/openai/deployments/my-gpt/chat/completions"


def at(base_url: str, **changes: str) -> ModelSettings:
    return ModelSettings(base_url=base_url, api_key_env=changes.get("api_key_env"))


def fault_of(model: str, settings: ModelSettings, environ: dict[str, str]) -> Fault:
    with pytest.raises(GatewayError) as raised:
        endpoint_of(model, settings, environ)
    return raised.value.fault


@pytest.mark.parametrize(
    ("model", "settings", "environ", "url", "name"),
    [
        (
            "openai/gpt-4o",
            PLAIN,
            {"OPENAI_API_KEY": "sk"},
            "https://api.openai.com/v1/chat/completions",
            "gpt-4o",
        ),
        (
            "gpt-4o",
            PLAIN,
            {"OPENAI_API_KEY": "sk", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1/"},
            "http://127.0.0.1:1/v1/chat/completions",
            "gpt-4o",
        ),
        (
            "openai/m",
            PLAIN,
            {"OPENAI_API_BASE": "http://127.0.0.1:1/v1"},
            "http://127.0.0.1:1/v1/chat/completions",
            "m",
        ),
        (
            "openai/m",
            at("https://gateway.example/v1?tenant=7#top"),
            {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"},
            "https://gateway.example/v1/chat/completions?tenant=7",
            "m",
        ),
        (
            "openai/m",
            at("https://gateway.example/chat/completions"),
            {},
            "https://gateway.example/chat/completions",
            "m",
        ),
        (
            "meta-llama/Llama-3-8B",
            at("http://127.0.0.1:8000/v1"),
            {},
            "http://127.0.0.1:8000/v1/chat/completions",
            "meta-llama/Llama-3-8B",
        ),
        (
            "ollama/llama3:8b",
            PLAIN,
            {},
            "http://localhost:11434/v1/chat/completions",
            "llama3:8b",
        ),
        (
            "ollama/llama3",
            PLAIN,
            {"OLLAMA_API_BASE": "http://10.0.0.5:11434/v1"},
            "http://10.0.0.5:11434/v1/chat/completions",
            "llama3",
        ),
        (
            "hosted_vllm/meta-llama/Llama-3-8B",
            PLAIN,
            {"HOSTED_VLLM_API_BASE": "http://10.0.0.5:8000/v1"},
            "http://10.0.0.5:8000/v1/chat/completions",
            "meta-llama/Llama-3-8B",
        ),
        (
            "litellm_proxy/cheap",
            PLAIN,
            {"LITELLM_PROXY_API_BASE": "http://127.0.0.1:4000"},
            "http://127.0.0.1:4000/chat/completions",
            "cheap",
        ),
        (
            "openrouter/anthropic/claude-sonnet-4.5",
            PLAIN,
            {"OPENROUTER_API_KEY": "or"},
            "https://openrouter.ai/api/v1/chat/completions",
            "anthropic/claude-sonnet-4.5",
        ),
        (
            "github/openai/gpt-4o",
            PLAIN,
            {"GITHUB_TOKEN": "ghs"},
            "https://models.github.ai/inference/chat/completions",
            "openai/gpt-4o",
        ),
        ("azure/my-gpt", PLAIN, AZURE, f"{DEPLOYMENT}?api-version={VERSION}", "my-gpt"),
        (
            "azure/my-gpt",
            PLAIN,
            AZURE | {"AZURE_API_VERSION": "2024-10-21"},
            f"{DEPLOYMENT}?api-version=2024-10-21",
            "my-gpt",
        ),
        (
            "azure/my-gpt",
            at("https://acme.openai.azure.com/openai/"),
            AZURE,
            f"{DEPLOYMENT}?api-version={VERSION}",
            "my-gpt",
        ),
        (
            "azure/other-name",
            at(DEPLOYMENT + "?api-version=2024-06-01"),
            AZURE,
            DEPLOYMENT + "?api-version=2024-06-01",
            "other-name",
        ),
        (
            "azure/my-gpt",
            at("https://acme.openai.azure.com/openai/v1/"),
            AZURE,
            "https://acme.openai.azure.com/openai/v1/chat/completions",
            "my-gpt",
        ),
    ],
)
def test_a_model_is_asked_for_at_its_address_under_the_name_it_has_there(
    model: str, settings: ModelSettings, environ: dict[str, str], url: str, name: str
) -> None:
    endpoint = endpoint_of(model, settings, environ)
    assert (endpoint.url, endpoint.name) == (url, name)
    assert "?" not in endpoint.shown
    assert endpoint.url.startswith(endpoint.shown)


COMMON = {"Content-Type": "application/json", "User-Agent": f"agentops-cli/{__version__}"}


@pytest.mark.parametrize(
    ("model", "settings", "environ", "headers"),
    [
        ("openai/m", PLAIN, {"OPENAI_API_KEY": "sk"}, {"Authorization": "Bearer sk"}),
        ("openai/m", at("http://127.0.0.1:1/v1"), {}, {}),
        (
            "openai/m",
            at("https://gateway.example/v1", api_key_env="GATEWAY_KEY"),
            {"OPENAI_API_KEY": "sk", "GATEWAY_KEY": "gw"},
            {"Authorization": "Bearer gw"},
        ),
        ("my-model", at("https://gateway.example/v1"), {"OPENAI_API_KEY": "sk"}, {}),
        (
            "openai/m",
            PLAIN,
            {"OPENAI_API_KEY": "sk", "OPENAI_ORGANIZATION": "org-1"},
            {"Authorization": "Bearer sk", "OpenAI-Organization": "org-1"},
        ),
        ("azure/m", PLAIN, AZURE, {"api-key": "az"}),
        (
            "azure/m",
            PLAIN,
            {"AZURE_API_BASE": "https://a.example", "AZURE_AD_TOKEN": "ey"},
            {"Authorization": "Bearer ey"},
        ),
        ("ollama/m", PLAIN, {}, {}),
        ("ollama/m", PLAIN, {"OLLAMA_API_KEY": "ol"}, {"Authorization": "Bearer ol"}),
        (
            "openai/m",
            ModelSettings(headers={"x-team": "evals", "authorization": "Basic abc"}),
            {"OPENAI_API_KEY": "sk"},
            {"x-team": "evals", "authorization": "Basic abc"},
        ),
        (
            "openai/m",
            ModelSettings(base_url="http://h/v1", headers={"x-note": "one\r\nx-two: three"}),
            {},
            {"x-note": "one x-two: three"},
        ),
    ],
)
def test_headers_carry_the_right_key_and_what_the_settings_add(
    model: str, settings: ModelSettings, environ: dict[str, str], headers: dict[str, str]
) -> None:
    assert endpoint_of(model, settings, environ).headers == COMMON | headers


@pytest.mark.parametrize("name", ["", "x team", "x-team:", "x-team\r\nx-other", "x-t\u00e9am"])
def test_a_header_that_cannot_be_one_is_told(name: str) -> None:
    fault = fault_of("ollama/m", ModelSettings(headers={name: "evals"}), {})
    assert (fault.kind, fault.billed) == (FaultKind.BAD_REQUEST, False)
    assert repr(name) in fault.message


@pytest.mark.parametrize(
    ("model", "key"),
    [
        ("openai/gpt-4o", "max_tokens"),
        ("openai/gpt-4.1-mini", "max_tokens"),
        ("openai/o1", "max_completion_tokens"),
        ("o3-mini", "max_completion_tokens"),
        ("openai/o4-mini-2025-04-16", "max_completion_tokens"),
        ("openai/gpt-5-nano", "max_completion_tokens"),
        ("openai/gpt-6.1-sol", "max_completion_tokens"),
        ("ft:o4-mini-2025-04-16:acme::1", "max_completion_tokens"),
        ("azure/gpt-5", "max_completion_tokens"),
        ("github/openai/o3", "max_completion_tokens"),
        ("openrouter/openai/o3", "max_tokens"),
        ("litellm_proxy/o3", "max_tokens"),
        ("ollama/gpt-oss:20b", "max_tokens"),
    ],
)
def test_reasoning_families_take_their_own_limit(model: str, key: str) -> None:
    names = ("OPENAI_API_KEY", "GITHUB_TOKEN", "OPENROUTER_API_KEY")
    environ = dict.fromkeys(names, "k") | AZURE | {"LITELLM_PROXY_API_BASE": "http://127.0.0.1:1"}
    assert endpoint_of(model, PLAIN, environ).limit_key == key


def test_azure_alone_may_bill_a_refused_request() -> None:
    assert endpoint_of("azure/m", PLAIN, AZURE).refusals_may_bill
    assert not endpoint_of("ollama/m", PLAIN, {}).refusals_may_bill


def test_a_proxy_of_the_environment_is_on_the_way() -> None:
    environ = {"OPENAI_API_KEY": "sk", "HTTPS_PROXY": "http://corp:3128"}
    assert endpoint_of("openai/m", PLAIN, environ).proxy == "http://corp:3128"


def test_an_endpoint_never_shows_its_key() -> None:
    environ = AZURE | {"AZURE_API_KEY": "very-secret", "HTTPS_PROXY": "http://u:hidden@corp"}
    shown = repr(endpoint_of("azure/m", PLAIN, environ))
    assert "very-secret" not in shown
    assert "hidden" not in shown


@pytest.mark.parametrize(
    ("model", "environ", "variable"),
    [
        ("openai/gpt-4o", {}, "OPENAI_API_KEY"),
        ("openai/m", {"OPENAI_BASE_URL": "https://api.openai.com/v1"}, "OPENAI_API_KEY"),
        ("openrouter/a/b", {}, "OPENROUTER_API_KEY"),
        ("github/openai/gpt-4o", {}, "GITHUB_API_KEY or GITHUB_TOKEN"),
        ("azure/m", {"AZURE_API_BASE": "https://a.example"}, "AZURE_API_KEY"),
    ],
)
def test_a_missing_key_is_named_before_anything_is_called(
    model: str, environ: dict[str, str], variable: str
) -> None:
    fault = fault_of(model, PLAIN, environ)
    assert (fault.kind, fault.billed) == (FaultKind.AUTH, False)
    assert variable in fault.message
    assert fault.fix is not None
    assert variable in fault.fix
    assert missing_key(model, PLAIN, environ) == fault


@pytest.mark.parametrize(
    ("model", "fix"),
    [
        ("azure/m", "set models.azure/m.baseUrl or AZURE_API_BASE"),
        ("hosted_vllm/m", "set models.hosted_vllm/m.baseUrl or HOSTED_VLLM_API_BASE"),
        ("litellm_proxy/m", "set models.litellm_proxy/m.baseUrl or LITELLM_PROXY_API_BASE"),
        ("mistral/m", "set models.mistral/m.baseUrl"),
    ],
)
def test_a_missing_address_is_told_with_where_to_give_it(model: str, fix: str) -> None:
    settings = ModelSettings(gateway="openai_chat")
    fault = fault_of(model, settings, {"AZURE_API_KEY": "az"})
    assert (fault.kind, fault.fix, fault.billed) == (FaultKind.BAD_REQUEST, fix, False)


@pytest.mark.parametrize(
    "base",
    ["gateway.example/v1", "ftp://gateway.example", "http://", "http://[::1", "http://h:99999/"],
)
def test_an_address_that_is_none_is_told(base: str) -> None:
    fault = fault_of("openai/m", at(base), {})
    assert fault.kind is FaultKind.BAD_REQUEST
    assert "no http(s) URL" in fault.message
    assert base in (fault.fix or "")


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    fault = fault_of("openai/m", at("https://user:hidden@gateway.example/v1"), {})
    assert "password" in fault.message
    assert "hidden" not in f"{fault.message} {fault.fix}"


@pytest.mark.parametrize(
    ("model", "settings", "environ", "kind"),
    [
        ("anthropic/claude", PLAIN, {}, FaultKind.AUTH),
        ("anthropic/claude", PLAIN, {"ANTHROPIC_API_KEY": "sk-ant"}, None),
        ("anthropic/claude", PLAIN, {"ANTHROPIC_AUTH_TOKEN": "t"}, None),
        ("gemini/gemini-2.5-pro", PLAIN, {"GOOGLE_API_KEY": "g"}, None),
        ("bedrock/anthropic.claude", PLAIN, {}, None),
        ("ollama/m", ModelSettings(gateway="litellm"), {}, None),
        ("openai/m", ModelSettings(gateway="litellm"), {}, FaultKind.AUTH),
        ("anthropic/c", ModelSettings(gateway="litellm", base_url="http://h"), {}, None),
        ("anthropic/c", ModelSettings(api_key_env="MINE"), {"ANTHROPIC_API_KEY": "k"}, "auth"),
        ("local/smollm2", PLAIN, {}, None),
        ("replay/a.jsonl", PLAIN, {}, None),
        ("scripted/a", PLAIN, {}, None),
    ],
)
def test_what_is_missing_is_known_for_every_client(
    model: str, settings: ModelSettings, environ: dict[str, str], kind: FaultKind | None
) -> None:
    fault = missing_key(model, settings, environ)
    assert (fault.kind if fault else None) == kind


def test_the_address_for_a_fingerprint_is_the_one_that_is_configured() -> None:
    environ = {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}
    assert base_url_of("openai/m", PLAIN, environ) == "http://127.0.0.1:1/v1"
    assert base_url_of("openai/m", at("http://h/v1"), environ) == "http://h/v1"
    assert base_url_of("openai/m", PLAIN, {}) is None
    assert base_url_of("anthropic/c", PLAIN, environ) is None
