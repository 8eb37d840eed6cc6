"""The providers that are known by name: their addresses, their variables, and whose client asks.

Pure look-ups in the settings and in an environment that is handed in. Keys come from there alone.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from agentops_cli.errors import GatewayError
from agentops_cli.model.call import Fault, FaultKind
from agentops_cli.model.embedding import EMBEDDING_MODEL
from agentops_cli.model.settings import ModelSettings

ClientName = Literal["openai_chat", "litellm", "local", "embeddings", "replay", "scripted"]
Environ = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider that speaks OpenAI's format, with its usual variables in order of precedence.

    `default` is its own address, None where everyone has another. `path` is added to an address
    that does not end in it. `needs_key` is about the own address; a server elsewhere may want none,
    unless the key is needed `everywhere`.
    """

    bases: tuple[str, ...]
    keys: tuple[str, ...]
    default: str | None = None
    path: str = ""
    needs_key: bool = True
    everywhere: bool = False


PROVIDERS: Mapping[str, Provider] = {
    "azure": Provider(
        bases=("AZURE_API_BASE", "AZURE_OPENAI_ENDPOINT"),
        keys=("AZURE_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_AD_TOKEN"),
        everywhere=True,
    ),
    "github": Provider(
        bases=("GITHUB_API_BASE",),
        keys=("GITHUB_API_KEY", "GITHUB_TOKEN"),
        default="https://models.github.ai/inference",
    ),
    "hosted_vllm": Provider(
        bases=("HOSTED_VLLM_API_BASE",), keys=("HOSTED_VLLM_API_KEY",), needs_key=False
    ),
    "litellm_proxy": Provider(
        bases=("LITELLM_PROXY_API_BASE",), keys=("LITELLM_PROXY_API_KEY",), needs_key=False
    ),
    "ollama": Provider(
        bases=("OLLAMA_API_BASE",),
        keys=("OLLAMA_API_KEY",),
        default="http://localhost:11434",
        path="/v1",
        needs_key=False,
    ),
    "openai": Provider(
        bases=("OPENAI_BASE_URL", "OPENAI_API_BASE"),
        keys=("OPENAI_API_KEY",),
        default="https://api.openai.com/v1",
    ),
    "openrouter": Provider(
        bases=("OPENROUTER_API_BASE",),
        keys=("OPENROUTER_API_KEY",),
        default="https://openrouter.ai/api/v1",
    ),
}

# A model with an address of its own and no provider that is known.
UNNAMED = Provider(bases=(), keys=(), needs_key=False)

# What litellm reads for those of its providers that take a key and nothing else.
_LITELLM_KEYS: Mapping[str, tuple[str, ...]] = {
    "anthropic": ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"),
    "cohere": ("COHERE_API_KEY", "CO_API_KEY"),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "googleai": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
}

# These are free by definition, so nothing in the settings may send them somewhere that is not.
_UNPRICED: Mapping[str, ClientName] = {"local": "local", "replay": "replay", "scripted": "scripted"}

# In litellm too, these names without a prefix are OpenAI's. Asking its table which ones would cost
# a read of it in every run; gpt-oss is the one family of such a name that OpenAI does not serve.
_BARE_OPENAI = re.compile(r"(?:ft:)?(?:gpt-(?!oss)|chatgpt-|o[1-9](?:-|$))")


def provider_of(model: str) -> str:
    """The prefix of a model id; `openai` for OpenAI's bare names, and empty for other bare ones."""
    prefix, slash, _ = model.partition("/")
    if slash:
        return prefix
    return "openai" if _BARE_OPENAI.match(model) else ""


def known_providers() -> tuple[str, ...]:
    """The prefixes of model ids whose addresses or keys are known here; litellm has more."""
    return tuple(sorted({*PROVIDERS, *_LITELLM_KEYS, *_UNPRICED}))


def is_known_provider(model: str) -> bool:
    """True when the prefix of a model id is one of those."""
    return provider_of(model) in known_providers()


def client_of(model: str, settings: ModelSettings) -> ClientName:
    """Which client asks for a model.

    `gateway` in the settings wins; then whatever has an address, or a provider that speaks OpenAI's
    format, is asked directly; the rest is litellm's.
    """
    provider = provider_of(model)
    if model == EMBEDDING_MODEL:
        return "embeddings"
    if provider in _UNPRICED:
        return _UNPRICED[provider]
    if settings.gateway is not None:
        return settings.gateway
    return "openai_chat" if settings.base_url or provider in PROVIDERS else "litellm"


def key_names(model: str, settings: ModelSettings) -> tuple[str, ...]:
    """The variables that may hold the key of a model, the usual one first; empty if none is known.

    A variable that the settings name is the only one. An id of no known provider has none, so that
    no provider's key is ever sent to a server of somebody else's.
    """
    if settings.api_key_env:
        return (settings.api_key_env,)
    provider = provider_of(model)
    known = PROVIDERS.get(provider)
    return known.keys if known else _LITELLM_KEYS.get(provider, ())


def key_fix(model: str, settings: ModelSettings) -> str:
    """What to do when the key of a model is missing or refused."""
    names = key_names(model, settings)
    if not names:
        return f"name the variable that holds the key: models.{model}.apiKeyEnv"
    return f"set {' or '.join(names[:2])} to a valid key"


def litellm_needs_key(model: str, settings: ModelSettings) -> bool:
    """True when litellm would ask the provider's own address, and the provider wants a key."""
    known = PROVIDERS.get(provider_of(model))
    return settings.base_url is None and (known is None or known.needs_key)


def find_key(
    model: str, settings: ModelSettings, environ: Environ, *, needed: bool
) -> tuple[str | None, str | None]:
    """The variable that holds the key of a model, and the key.

    Raises `GatewayError` when a key that is needed, or one that the settings name, is not there,
    and for a key that no header can carry.
    """
    names = key_names(model, settings)
    variable, key = first_set(environ, names)
    if key is None and names and (needed or settings.api_key_env):
        message = f"{model} needs a key, and {' or '.join(names)} is not set"
        raise _unusable(message, key_fix(model, settings))
    if key is not None and not (key.isascii() and key.isprintable()):
        message = f"the key in {variable} has a character in it that no key has, or a line break"
        raise _unusable(message, key_fix(model, settings))
    return variable, key


def first_set(environ: Environ, names: Iterable[str]) -> tuple[str | None, str | None]:
    """The first variable that holds more than spaces, and what it holds without those around it."""
    for name in names:
        value = environ.get(name, "").strip()
        if value:
            return name, value
    return None, None


def _unusable(message: str, fix: str) -> GatewayError:
    return GatewayError(Fault(kind=FaultKind.AUTH, message=message, fix=fix))
