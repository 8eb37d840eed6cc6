"""Where exactly a model is asked for in OpenAI's format, resolved once and used for every call."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit, urlunsplit

from agentops_cli import __version__
from agentops_cli.errors import GatewayError
from agentops_cli.gateways.chat_format import LimitKey
from agentops_cli.gateways.providers import (
    PROVIDERS,
    UNNAMED,
    Environ,
    Provider,
    client_of,
    find_key,
    first_set,
    key_fix,
    litellm_needs_key,
    provider_of,
)
from agentops_cli.gateways.proxies import proxy_of
from agentops_cli.model.call import Fault, FaultKind
from agentops_cli.model.settings import ModelSettings

_CHAT = "/chat/completions"

# These refuse `max_tokens`: "max_completion_tokens" in OpenAI's API reference.
_REASONING_FAMILY = re.compile(r"(?:ft:)?(?:o[1-9](?:-|$)|gpt-[5-9])")
_REASONING_PROVIDERS = frozenset({"azure", "github", "openai"})

# A token, as RFC 9110 (5.6.2) has it.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

# litellm's default, as the ids are litellm's.
_AZURE_API_VERSION = "2025-02-01-preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One model at one address, with everything of a call that no request changes.

    `model` is the id as the user wrote it, `name` what the endpoint calls it. `key_fix` is what to
    do about a refused key. `refusals_may_bill` is True where a refused request (HTTP 400) may have
    been charged. `proxy` is the forward proxy on the way, None for none.
    """

    model: str
    provider: str
    name: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    key: str | None = field(repr=False)
    key_fix: str
    limit_key: LimitKey = "max_tokens"
    refusals_may_bill: bool = False
    proxy: str | None = field(default=None, repr=False)

    @property
    def shown(self) -> str:
        """The address without its query, for messages."""
        return self.url.partition("?")[0]

    @property
    def host(self) -> str:
        """Host and port of the address."""
        return urlsplit(self.url).netloc


def base_url_of(model: str, settings: ModelSettings, environ: Environ) -> str | None:
    """The address that the settings or the environment give, for a request's fingerprint.

    None where the provider's own is meant.
    """
    provider = PROVIDERS.get(provider_of(model), UNNAMED)
    return settings.base_url or first_set(environ, provider.bases)[1]


def missing_key(model: str, settings: ModelSettings, environ: Environ) -> Fault | None:
    """What the environment or the settings lack to call a model, told before anything is called.

    None promises nothing for litellm's providers, which may want other variables than a key.
    """
    client = client_of(model, settings)
    try:
        if client == "openai_chat":
            endpoint_of(model, settings, environ)
        elif client == "litellm":
            find_key(model, settings, environ, needed=litellm_needs_key(model, settings))
    except GatewayError as error:
        return error.fault
    return None


def endpoint_of(model: str, settings: ModelSettings, environ: Environ) -> Endpoint:
    """Resolves a model that is asked for in OpenAI's format.

    The prefix of a known provider is not part of the name that is sent; any other id is sent whole.
    Raises `GatewayError` when the address or the key is missing, or cannot be one.
    """
    name = provider_of(model)
    provider = PROVIDERS.get(name, UNNAMED)
    served = model.removeprefix(f"{name}/") if name in PROVIDERS else model
    base = base_url_of(model, settings, environ) or provider.default
    address = _address(model, base, provider)
    own = base == provider.default or (provider.everywhere and settings.base_url is None)
    variable, key = find_key(model, settings, environ, needed=own and provider.needs_key)
    reasons = name in _REASONING_PROVIDERS and _REASONING_FAMILY.match(served.rpartition("/")[2])
    return Endpoint(
        model=model,
        provider=name,
        name=served,
        url=_azure_url(address, served, environ)
        if name == "azure"
        else _chat_url(address, provider.path),
        headers=_headers(model, _credentials(name, variable, key, environ), settings),
        key=key,
        key_fix=key_fix(model, settings),
        limit_key="max_completion_tokens" if reasons else "max_tokens",
        # Microsoft, "Plan to manage costs": a prompt that is filtered or too long may be charged.
        refusals_may_bill=name == "azure",
        proxy=proxy_of(address, environ),
    )


def _address(model: str, base: str | None, provider: Provider) -> SplitResult:
    setting = f"models.{model}.baseUrl"
    if base is None:
        fix = " or ".join([f"set {setting}", *provider.bases[:1]])
        raise _refused(f"no address is known for {model}", fix)
    try:
        address = urlsplit(base.strip())
        usable = address.scheme in {"http", "https"} and address.hostname and address.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise _refused(f"the address of {model} is no http(s) URL", f"mend {setting}: {base!r}")
    if address.username is not None or address.password is not None:
        fix = f"take it out of {setting}; keys come from variables: see apiKeyEnv"
        raise _refused(f"the address of {model} has a user name or password in it", fix)
    return address._replace(fragment="")


def _chat_url(address: SplitResult, suffix: str) -> str:
    path = address.path.rstrip("/")
    if not path.endswith(_CHAT):
        path = f"{path if path.endswith(suffix) else path + suffix}{_CHAT}"
    return urlunsplit(address._replace(path=path))


def _azure_url(address: SplitResult, deployment: str, environ: Environ) -> str:
    """The address of a deployment, or Azure's newer one (`…/openai/v1`), which takes no version."""
    path = address.path.rstrip("/")
    if path.endswith("/openai/v1"):
        return urlunsplit(address._replace(path=path + _CHAT))
    if "/openai/deployments/" not in path:
        path = f"{path.removesuffix('/openai')}/openai/deployments/{deployment}"
    path = path if path.endswith(_CHAT) else path + _CHAT
    _, version = first_set(environ, ("AZURE_API_VERSION", "OPENAI_API_VERSION"))
    query = address.query or f"api-version={version or _AZURE_API_VERSION}"
    return urlunsplit(address._replace(path=path, query=query))


def _credentials(
    provider: str, variable: str | None, key: str | None, environ: Environ
) -> Mapping[str, str]:
    """The headers that say who asks."""
    found = {}
    if key is not None and provider == "azure" and variable != "AZURE_AD_TOKEN":
        found["api-key"] = key
    elif key is not None:
        found["Authorization"] = f"Bearer {key}"
    _, organization = first_set(environ, ("OPENAI_ORGANIZATION", "OPENAI_ORG_ID"))
    if organization and provider == "openai":
        found["OpenAI-Organization"] = organization
    return found


def _headers(
    model: str, credentials: Mapping[str, str], settings: ModelSettings
) -> Mapping[str, str]:
    """All headers of a call; what the settings say wins, in whatever case."""
    for name in settings.headers:
        if not _HEADER_NAME.fullmatch(name):
            message = f"{name!r} cannot be the name of a header of {model}"
            raise _refused(message, f"mend models.{model}.headers")
    ours = {
        "Content-Type": "application/json",
        "User-Agent": f"agentops-cli/{__version__}",
        **credentials,
    }
    # Folded onto one line: a line break in a value would begin another header.
    theirs = {name: " ".join(value.split()) for name, value in settings.headers.items()}
    taken = {name.lower() for name in theirs}
    return {name: value for name, value in ours.items() if name.lower() not in taken} | theirs


def _refused(message: str, fix: str) -> GatewayError:
    return GatewayError(Fault(kind=FaultKind.BAD_REQUEST, message=message, fix=fix))
