"""The providers behind the proxy: where a model is asked for, and with whose key."""

from collections.abc import Container, Mapping
from io import BytesIO
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from agentops_cli.errors import GatewayError
from agentops_cli.gateways import faults
from agentops_cli.gateways.endpoints import Endpoint, endpoint_of
from agentops_cli.gateways.metering.asked import Api
from agentops_cli.gateways.providers import PROVIDERS, client_of
from agentops_cli.model.call import Fault, FaultKind
from agentops_cli.model.settings import ModelSettings

CONNECT_TIMEOUT_S = 30.0

# Two thousand vectors of three thousand figures, as text.
MAX_ANSWER_BYTES = 128 * 1024 * 1024

# The child decides how long it waits; when it has had enough, its connection tells.
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S)

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

_PASSED_ON = frozenset({"content-type", "retry-after", "retry-after-ms", "x-should-retry"})
_PASSED_ON_PREFIXES = ("x-ratelimit-", "x-request-id")


class Upstream:
    """One session, and so one pool of connections, for all providers.

    `models` holds the settings of the model ids that have any; keys come from `environ`. At
    `own_ports` the proxy itself listens.
    """

    def __init__(
        self,
        models: Mapping[str, ModelSettings],
        *,
        environ: Mapping[str, str],
        own_ports: Container[int | None],
    ) -> None:
        self._models = models
        self._environ = environ
        self._own_ports = own_ports
        self._endpoints: dict[str, Endpoint] = {}
        self._session: aiohttp.ClientSession | None = None

    def id_of(self, name: str) -> str:
        """The model id that has the settings and the price of what a child calls `name`.

        Whatever is neither configured nor has the prefix of a provider that speaks this format is
        OpenAI's, as it is for the child's own client.
        """
        settings = self._models.get(name)
        if settings is not None and client_of(name, settings) == "openai_chat":
            return name
        prefix, slash, _ = name.partition("/")
        return name if slash and prefix in PROVIDERS else f"openai/{name}"

    def endpoint(self, model: str) -> Endpoint:
        """Where a model is asked for; raises `GatewayError` when that or the key is missing."""
        if model not in self._endpoints:
            settings = self._models.get(model, ModelSettings())
            self._endpoints[model] = endpoint_of(model, settings, self._environ)
        endpoint = self._endpoints[model]
        address = urlsplit(endpoint.url)
        if address.hostname in _LOOPBACK and address.port in self._own_ports:
            raise GatewayError(_in_a_circle(endpoint))
        return endpoint

    async def post(self, endpoint: Endpoint, api: Api, wire: bytes) -> aiohttp.ClientResponse:
        """Sends a call and gives its answer, of which only the head has come.

        Raises what aiohttp raises, and `GatewayError` for what cannot be sent.
        """
        # As a file it is sent in pieces, so that a large one does not hold up all others.
        return await self._request("POST", endpoint, api, data=BytesIO(wire))

    async def list_models(self, endpoint: Endpoint) -> aiohttp.ClientResponse:
        """What models the provider has."""
        return await self._request("GET", endpoint, "/models")

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    async def _request(
        self, method: str, endpoint: Endpoint, path: str, *, data: BytesIO | None = None
    ) -> aiohttp.ClientResponse:
        # Not in __init__: a session belongs to the event loop that is running.
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=_TIMEOUT,
            )
        try:
            return await self._session.request(
                method,
                _at(endpoint.url, path),
                data=data,
                headers=endpoint.headers,
                proxy=endpoint.proxy,
                allow_redirects=False,
            )
        except aiohttp.ClientError:
            raise
        except ValueError as error:  # A header with a character that none may have.
            fix = "mend the headers in the configuration, or the key"
            raise GatewayError(faults.unreachable(str(error), endpoint, fix=fix)) from error


def _in_a_circle(endpoint: Endpoint) -> Fault:
    """What comes of one OPENAI_BASE_URL for the agent and for us."""
    message = f"{endpoint.model} would be asked for at the meter's own address, {endpoint.host}"
    fix = "set OPENAI_BASE_URL to the meter for the agent alone, not where agentops is started"
    return Fault(kind=FaultKind.BAD_REQUEST, message=message, fix=fix)


def _at(chat_url: str, path: str) -> str:
    """The address of another API beside that of chat."""
    address = urlsplit(chat_url)
    return urlunsplit(address._replace(path=address.path.removesuffix(Api.CHAT) + path))


def passed_on(answer: aiohttp.ClientResponse) -> dict[str, str]:
    """Those headers of an answer that a client goes by."""
    return {
        name: value
        for name, value in answer.headers.items()
        if name.lower() in _PASSED_ON or name.lower().startswith(_PASSED_ON_PREFIXES)
    }


def without_key(content: bytes, endpoint: Endpoint) -> bytes:
    """What may be handed to a child: some providers repeat the key in their errors."""
    return content.replace(endpoint.key.encode(), b"[redacted:key]") if endpoint.key else content
