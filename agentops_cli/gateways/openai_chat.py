"""Asks every OpenAI-compatible endpoint, directly.

One session, and so one pool of kept-alive connections, for all models. What a call needs beyond
its messages is resolved once for each model.
"""

import json
import time
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

import aiohttp

from agentops_cli.errors import GatewayError
from agentops_cli.gateways import faults
from agentops_cli.gateways.chat_format import AnswerError, chat_body, completion_of, filtered
from agentops_cli.gateways.endpoints import Endpoint, endpoint_of
from agentops_cli.gateways.rate_limits import Headers, rate_limits, with_limits
from agentops_cli.model.call import Completion, Fault, Request
from agentops_cli.model.settings import ModelSettings
from agentops_cli.ports import Clock

MAX_ANSWER_BYTES = 16 * 1024 * 1024
_CONNECT_TIMEOUT_S = 30.0

# `json.dumps` makes an encoder for each call.
_encode = json.JSONEncoder(separators=(",", ":")).encode


class OpenAIChat:
    """A gateway to every model that is asked for in OpenAI's format.

    `models` holds the settings of the model ids that have any. A redirect is never followed, and a
    proxy only used when `environ` names one. Nothing is tried twice: every attempt is one call.
    """

    def __init__(
        self,
        models: Mapping[str, ModelSettings],
        *,
        environ: Mapping[str, str],
        concurrency: int,
        clock: Clock = time.perf_counter,
    ) -> None:
        self._models = models
        self._environ = environ
        self._concurrency = concurrency
        self._clock = clock
        self._endpoints: dict[str, Endpoint] = {}
        self._session: aiohttp.ClientSession | None = None

    async def complete(self, request: Request) -> Completion:
        """Answers one request, or raises `GatewayError` with a fault."""
        endpoint = self._endpoint(request.model)
        body = chat_body(request, name=endpoint.name, limit_key=endpoint.limit_key)
        content = _encode(body).encode()
        timeout = _timeout(request.timeout_s)
        started = self._clock()
        try:
            async with self._open_session().post(
                endpoint.url,
                data=content,
                headers=endpoint.headers,
                proxy=endpoint.proxy,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                status, headers, answer = (
                    response.status,
                    response.headers,
                    await read_whole(response),
                )
        except AnswerError as error:
            raise GatewayError(faults.malformed(str(error), endpoint)) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise GatewayError(fault_of(error, request.timeout_s, endpoint)) from error
        except ValueError as error:  # A header with a character that none may have.
            fix = "mend the headers in the configuration, or the key"
            fault = faults.unreachable(str(error), endpoint, fix=fix, final=True)
            raise GatewayError(fault) from error
        latency_s = self._clock() - started
        if status < 300:
            return _read_answer(answer, headers, endpoint, latency_s)
        if status < 400:
            where = urlsplit(headers.get("Location", "")).netloc or endpoint.host
            raise GatewayError(faults.redirected(status, where, endpoint))
        return _read_refusal(status, faults.error_in(answer), headers, endpoint, latency_s)

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    def _endpoint(self, model: str) -> Endpoint:
        if model not in self._endpoints:
            settings = self._models.get(model, ModelSettings())
            self._endpoints[model] = endpoint_of(model, settings, self._environ)
        return self._endpoints[model]

    def _open_session(self) -> aiohttp.ClientSession:
        # Not in __init__: a session belongs to the event loop that is running.
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._concurrency),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


@lru_cache(maxsize=8)
def _timeout(total_s: float) -> aiohttp.ClientTimeout:
    """How long a call may take. Nearly all calls of a run have the same."""
    return aiohttp.ClientTimeout(total=total_s, sock_connect=_CONNECT_TIMEOUT_S)


async def read_whole(
    response: aiohttp.ClientResponse, *, most_bytes: int = MAX_ANSWER_BYTES
) -> bytes:
    """The whole body; raises `AnswerError` when it is larger than any answer."""
    parts = []
    size = 0
    while part := await response.content.readany():
        size += len(part)
        if size > most_bytes:
            raise AnswerError(f"more than {most_bytes // 2**20} MiB")
        parts.append(part)
    return b"".join(parts)


def _read_answer(body: bytes, headers: Headers, endpoint: Endpoint, latency_s: float) -> Completion:
    try:
        answer: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        start = body[:200].decode("utf-8", "replace")
        problem = f"something that is not JSON ({start!r})" if body else "an empty body"
        raise GatewayError(faults.malformed(problem, endpoint)) from error
    if isinstance(answer, dict) and answer.get("error") and "choices" not in answer:
        return _read_hidden_refusal(body, headers, endpoint, latency_s)
    limits = rate_limits(headers)
    try:
        return completion_of(answer, model=endpoint.name, latency_s=latency_s, limits=limits)
    except AnswerError as error:
        raise GatewayError(faults.malformed(str(error), endpoint)) from error


def _read_hidden_refusal(
    body: bytes, headers: Headers, endpoint: Endpoint, latency_s: float
) -> Completion:
    """An error that came as HTTP 200; its `code`, if it is a status, says what it really is."""
    error = faults.error_in(body)
    code = error.get("code")
    if isinstance(code, int) and 400 <= code < 600:
        return _read_refusal(code, error, headers, endpoint, latency_s)
    raise GatewayError(faults.malformed(f"an error as HTTP 200: {error['message']}", endpoint))


def _read_refusal(
    status: int,
    error: Mapping[str, object],
    headers: Headers,
    endpoint: Endpoint,
    latency_s: float,
) -> Completion:
    if faults.is_filtered(status, error):
        return filtered(model=endpoint.name, latency_s=latency_s)
    raise GatewayError(
        with_limits(faults.fault_of_status(status, error, endpoint), status, headers)
    )


def fault_of(error: Exception, timeout_s: float, endpoint: Endpoint) -> Fault:
    """The fault behind an exception of aiohttp's; only before a connection is nothing billed."""
    match error:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            fix = "check the certificate, or name the authority that signed it in SSL_CERT_FILE"
            return faults.unreachable(str(error), endpoint, fix=fix, final=True)
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            fix = "check HTTPS_PROXY, or except the host in NO_PROXY"
            return faults.unreachable("the proxy does not let it through", endpoint, fix=fix)
        case aiohttp.ConnectionTimeoutError():
            return faults.unreachable("no connection in time", endpoint)
        case TimeoutError():
            return faults.timed_out(timeout_s, endpoint)
        case aiohttp.ClientConnectorError():
            return faults.unreachable(error.strerror or str(error), endpoint)
        case _:
            return faults.cut_off(str(error) or type(error).__name__, endpoint)
