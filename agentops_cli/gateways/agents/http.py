"""An agent behind an address."""

import json
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp

from agentops_cli import __version__
from agentops_cli.errors import GatewayError
from agentops_cli.gateways.agents.body import UnfilledError, compile_body, variables_of
from agentops_cli.gateways.agents.reader import Reader
from agentops_cli.gateways.agents.refusals import malformed, refused, timed_out
from agentops_cli.gateways.agents.reply import Reply, ReplyError
from agentops_cli.gateways.chat_format import AnswerError
from agentops_cli.gateways.faults import shorten
from agentops_cli.gateways.openai_chat import read_whole
from agentops_cli.gateways.proxies import proxy_of
from agentops_cli.gateways.rate_limits import Headers, with_limits
from agentops_cli.model.call import FaultKind, Request
from agentops_cli.model.json import Json
from agentops_cli.model.settings import AgentSettings, HttpAgent
from agentops_cli.ports import Clock, MeterSession
from agentops_cli.template import Templates

_CONNECT_TIMEOUT_S = 30.0

_KINDS = {
    401: FaultKind.AUTH,
    403: FaultKind.AUTH,
    408: FaultKind.TIMEOUT,
    429: FaultKind.RATE_LIMIT,
}

_FIXES = {
    FaultKind.AUTH: "give it the header that it wants, by headersEnv",
    FaultKind.RATE_LIMIT: "lower --concurrency, or raise the agent's own limit",
    FaultKind.PROVIDER: "look at the agent's own log",
    FaultKind.TIMEOUT: "look at the agent's own log",
}

# Others were refused at the door.
_MAY_HAVE_WORKED = frozenset({408, 500, 502, 504})

# Not implemented, HTTP version.
_FOR_GOOD = frozenset({501, 505})

# What frameworks answer for an address that nobody serves: a mistake in the settings, and no
# failure of the agent, which never heard of the call.
_NOBODY = ("Not Found", "Method Not Allowed")


class HttpCaller:
    """Asks one server; a redirect is never followed, and nothing is tried twice."""

    def __init__(
        self,
        agent: AgentSettings,
        how: HttpAgent,
        *,
        environ: Mapping[str, str],
        concurrency: int,
        templates: Templates,
        clock: Clock,
    ) -> None:
        self._agent = agent
        self._how = how
        self._headers = headers_of(how, environ)
        self._fill = compile_body(how.body, templates)
        self._reader = Reader(agent)
        self._proxy = proxy_of(urlsplit(how.url), environ)
        self._concurrency = concurrency
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    def seat(self, request: Request) -> AbstractAsyncContextManager[None]:
        """A server has a place for everybody."""
        del request
        return nullcontext()

    async def call(
        self, request: Request, *, seat: str | None, session: MeterSession | None
    ) -> Reply:
        """Asks once; raises `GatewayError`."""
        del seat, session  # Its server was told where the meter is when it was started.
        try:
            body = self._fill(variables_of(request))
        except UnfilledError as error:
            place = self._agent.place("http", "body", *error.route)
            message = f"the body of {self._agent.model} cannot be filled in ({place}): {error}"
            fix = error.fix or f"mend it at {place}"
            raise refused(FaultKind.BAD_REQUEST, message, fix=fix) from error
        started = self._clock()
        status, headers, content = await self._ask(body, request.timeout_s)
        latency_s = self._clock() - started
        try:
            reply = self._read(status, content)
        except GatewayError as error:
            raise GatewayError(with_limits(error.fault, status, headers)) from error
        return replace(reply, latency_s=latency_s)

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    async def _ask(self, body: Json, timeout_s: float) -> tuple[int, Headers, str]:
        """Status, headers and body of the response; raises `GatewayError` when none can be read."""
        how, agent = self._how, self._agent
        sent = {"params": query_of(body)} if how.method == "GET" else {"data": json.dumps(body)}
        timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=_CONNECT_TIMEOUT_S)
        try:
            async with self._open_session().request(
                how.method,
                how.url,
                headers=self._headers,
                proxy=self._proxy,
                timeout=timeout,
                allow_redirects=False,
                **sent,
            ) as response:
                if 300 <= response.status < 400:
                    raise _redirected(agent, response)
                if response.content_type == "text/event-stream":
                    fix = "ask it for a whole reply, as a key of the body or another address"
                    raise malformed(agent, "streams its reply", fix=fix)
                content = _decoded(await read_whole(response), response.charset)
                return response.status, response.headers, content
        except AnswerError as error:
            raise malformed(agent, f"gave {error}") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _refusal_of(error, timeout_s, agent, how) from error
        except ValueError as error:  # A header with a character that none may have.
            fix = f"mend the headers at {agent.location}"
            raise refused(FaultKind.BAD_REQUEST, f"{agent.model}: {error}", fix=fix) from error

    def _read(self, status: int, content: str) -> Reply:
        """The reply, also where it tells of a failure; raises `GatewayError` for no reply at all.

        A server that is not there, not ours to ask or overloaded says nothing of its answers.
        """
        try:
            if status < 300:
                return self._reader.read(content)
            return self._reader.read_failed(content, failure=self._failure(status, content))
        except ReplyError as error:
            raise malformed(self._agent, str(error), fix=error.fix) from error

    def _failure(self, status: int, content: str) -> str:
        """How the agent itself failed; raises `GatewayError` where it was not the agent."""
        agent = self._agent
        said = f"{status} {_phrase(status)}"
        if content.strip():
            said = f"{said}: {shorten(content, None)}"
        if status in {404, 405} and _is_nobody(content):
            fix = f"mend its url, {self._how.url}"
            raise refused(FaultKind.NOT_FOUND, f"{agent.model} answered {said}", fix=fix)
        if status in _KINDS or status > 500 or not content.strip():
            kind = _KINDS.get(status, FaultKind.PROVIDER)
            message = f"{agent.model} answered {said}"
            billed = status in _MAY_HAVE_WORKED
            final = kind is FaultKind.PROVIDER and (status < 500 or status in _FOR_GOOD)
            raise refused(kind, message, fix=_FIXES[kind], billed=billed, final=final)
        return f"HTTP {said}"

    def _open_session(self) -> aiohttp.ClientSession:
        # Not in __init__: a session belongs to the event loop that is running.
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # A kept connection may be closed by the server just as it is used again, which
                # could not be told from a crash; a new one costs little beside an agent's call.
                connector=aiohttp.TCPConnector(limit=self._concurrency, force_close=True),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


def headers_of(how: HttpAgent, environ: Mapping[str, str]) -> dict[str, str]:
    """All headers of a call; those of the settings win, in whatever case they are written."""
    ours = {"User-Agent": f"agentops-cli/{__version__}"}
    if how.method != "GET":
        ours["Content-Type"] = "application/json"
    secret = {name: environ.get(variable, "") for name, variable in how.headers_env.items()}
    # Folded onto one line: a line break in a value would begin another header.
    theirs = {name: " ".join(value.split()) for name, value in {**how.headers, **secret}.items()}
    taken = {name.lower() for name in theirs}
    return {name: value for name, value in ours.items() if name.lower() not in taken} | theirs


def query_of(body: Json) -> dict[str, str]:
    """The members of a body as parameters of an address; what is no text is sent as JSON."""
    members = body if isinstance(body, dict) else {}
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in members.items()
    }


def _decoded(content: bytes, charset: str | None) -> str:
    try:
        text = content.decode(charset or "utf-8", "replace")
    except LookupError:
        text = content.decode("utf-8", "replace")
    return text.removeprefix("\ufeff")


def _is_nobody(content: str) -> bool:
    """True for what a server says when no code of the agent's was reached."""
    try:
        reply: object = json.loads(content)
    except (ValueError, RecursionError):
        return True
    return not isinstance(reply, dict) or any(word in _NOBODY for word in reply.values())


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "a status that HTTP does not know"


def _redirected(agent: AgentSettings, response: aiohttp.ClientResponse) -> GatewayError:
    # Never followed: it would take the headers along.
    target = response.headers.get("Location", "")
    message = f"{agent.model} redirects ({response.status}) to {target}"
    fix = f"set its url to where the agent itself is, at {agent.place('http', 'url')}"
    return refused(FaultKind.NOT_FOUND, message, fix=fix)


def _refusal_of(
    error: Exception, timeout_s: float, agent: AgentSettings, how: HttpAgent
) -> GatewayError:
    """The error behind an exception of aiohttp's; only before a connection is nothing billed."""
    match error:
        case aiohttp.ConnectionTimeoutError() | aiohttp.ClientConnectorError():
            reason = getattr(error, "strerror", None) or str(error) or "no connection in time"
            message = f"{agent.model} cannot be reached at {how.url}: {reason}"
            fix = "start it, as 'setup' can, or mend its url"
            return refused(FaultKind.CONNECTION, message, fix=fix)
        case TimeoutError():
            return timed_out(agent, timeout_s)
        case _:
            reason = str(error) or type(error).__name__
            message = f"{agent.model} broke the connection before its reply: {reason}"
            fix = "look at the agent's own log"
            return refused(FaultKind.CONNECTION, message, fix=fix, billed=True)
