"""What an agent that runs as our child finds in its environment."""

import pytest

from agentops_cli.gateways.agents.environment import keyless, metered


def found(**environ: str) -> dict[str, str]:
    return metered(environ, base_url="http://127.0.0.1:4010/v1", api_key="sk-meter")


def test_openais_clients_find_the_meter() -> None:
    environ = found(OPENAI_BASE_URL="https://api.example/v1", OPENAI_API_KEY="sk-real")
    assert environ["OPENAI_BASE_URL"] == environ["OPENAI_API_BASE"] == "http://127.0.0.1:4010/v1"
    assert environ["OPENAI_API_KEY"] == "sk-meter"


@pytest.mark.parametrize(
    "name",
    [
        *("ANTHROPIC_API_KEY", "AZURE_API_KEY", "AZURE_OPENAI_ENDPOINT", "GEMINI_API_KEY"),
        *("GITHUB_TOKEN", "GROQ_API_KEY", "MISTRAL_API_KEY", "OPENROUTER_API_KEY", "XAI_API_KEY"),
        *("AWS_SECRET_ACCESS_KEY", "OLLAMA_API_BASE", "TOGETHERAI_API_KEY", "HF_TOKEN"),
    ],
)
def test_the_way_to_another_provider_is_taken_away(name: str) -> None:
    assert name not in found(**{name: "x"})


@pytest.mark.parametrize("name", ["PATH", "HOME", "DATABASE_URL", "STRIPE_API_KEY", "VIRTUAL_ENV"])
def test_everything_else_stays(name: str) -> None:
    assert found(**{name: "x"})[name] == "x"


def test_a_key_that_the_settings_name_is_taken_away_whatever_it_is_called() -> None:
    environ = {"GATEWAY_TOKEN": "sk-real", "OPENAI_API_KEY": "sk-real", "PATH": "/bin"}
    assert keyless(environ, secrets=["GATEWAY_TOKEN"]) == {"PATH": "/bin"}


def test_a_forward_proxy_is_not_asked_for_the_meter() -> None:
    assert found(HTTP_PROXY="http://proxy:3128")["NO_PROXY"] == "127.0.0.1,localhost"
    assert found(no_proxy="corp.example")["NO_PROXY"] == "corp.example,127.0.0.1,localhost"
