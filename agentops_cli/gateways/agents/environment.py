"""What an agent that runs as our child finds in its environment."""

from collections.abc import Collection, Mapping

from agentops_cli.gateways.providers import PROVIDERS
from agentops_cli.ports import MeterSession

# Providers beside those that speak OpenAI's format, whose clients would not come to our meter.
_OTHERS = (
    *("AI21_", "ANTHROPIC_", "AWS_", "BEDROCK_", "CEREBRAS_", "CODESTRAL_", "COHERE_", "CO_API_"),
    *("DASHSCOPE_", "DATABRICKS_", "DEEPINFRA_", "DEEPSEEK_", "FIREWORKS_", "FRIENDLI_"),
    *("GEMINI_", "GOOGLE_", "GROQ_", "HF_", "HUGGINGFACE_", "MISTRAL_", "MOONSHOT_", "NVIDIA_"),
    *("PERPLEXITY", "REPLICATE_", "SAMBANOVA_", "TOGETHER", "VERTEX", "VOYAGE_", "WATSONX_"),
    *("XAI_", "ZAI_"),
)


_KNOWN = frozenset(
    name for provider in PROVIDERS.values() for name in (*provider.bases, *provider.keys)
)


def keyless(environ: Mapping[str, str], *, secrets: Collection[str]) -> dict[str, str]:
    """The environment without any key that would lead around the meter.

    These are the variables of all providers that are known, so that no client finds another way by
    itself, and the `secrets`, those that the settings say hold a key. A key that the agent has from
    elsewhere is its own affair.
    """
    return {
        name: value
        for name, value in environ.items()
        if name not in _KNOWN and name not in secrets and not name.startswith(_OTHERS)
    }


def metered(environ: Mapping[str, str], *, base_url: str, api_key: str) -> dict[str, str]:
    """The environment of a process that must go through the meter; a key of the settings stays."""
    return {
        **keyless(environ, secrets=()),
        **_directly(environ),
        # What OpenAI's clients, new and old, read.
        "OPENAI_BASE_URL": base_url,
        "OPENAI_API_BASE": base_url,
        "OPENAI_API_KEY": api_key,
    }


def of_session(environ: Mapping[str, str], session: MeterSession | None) -> dict[str, str]:
    """The environment of a process, under a meter or not."""
    if session is None:
        return dict(environ)
    return metered(environ, base_url=session.base_url, api_key=session.api_key)


def _directly(environ: Mapping[str, str]) -> dict[str, str]:
    """The meter is on this machine: a forward proxy would look for it on its own."""
    excepted = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    hosts = ",".join(filter(None, (excepted, "127.0.0.1", "localhost")))
    return {"NO_PROXY": hosts, "no_proxy": hosts}
