"""Asks the providers that only litellm speaks to.

litellm takes seconds to import and milliseconds for each call, so it is imported at the first live
call and for nothing else. It reads the providers' usual variables out of the process environment
itself.
"""

import asyncio
import logging
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from agentops_cli.errors import GatewayError
from agentops_cli.gateways import faults
from agentops_cli.gateways.chat_format import AnswerError, chat_body, completion_of, filtered
from agentops_cli.gateways.providers import find_key, key_fix, litellm_needs_key, provider_of
from agentops_cli.gateways.rate_limits import Headers, rate_limits, with_limits
from agentops_cli.model.call import Completion, Fault, FaultKind, Finish, Request
from agentops_cli.model.settings import ModelSettings
from agentops_cli.ports import Clock
from agentops_cli.prices import ALIASES

# Read by litellm while it is imported. Without them it downloads its price table and two more
# files, asks a model hub for tokenizers, and loads keys from a `.env` in the working folder.
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOG": "ERROR",
    "LITELLM_MODE": "PRODUCTION",
}

# litellm takes what to ask and how to reach it in one list of arguments: any other key could name
# another address, or credentials, or a longer answer than is reserved.
_PASSED_THROUGH = frozenset(
    {"frequency_penalty", "logit_bias", "logprobs", "min_p", "parallel_tool_calls"}
    | {"presence_penalty", "repetition_penalty", "safety_settings", "seed", "service_tier"}
    | {"temperature", "thinking", "tool_choice", "top_a", "top_k", "top_logprobs", "top_p", "user"}
    | {"verbosity"}
)

_NEVER_CONNECTED = frozenset(
    {"ClientConnectorError", "ClientConnectorDNSError", "ConnectError", "ConnectTimeout"}
    | {"ClientConnectorCertificateError", "ConnectionRefusedError", "gaierror"}
)
_CUT_OFF = frozenset(
    {"ClientPayloadError", "ReadError", "RemoteProtocolError", "ServerDisconnectedError"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Route:
    """A model as litellm is asked for it; what `faults` needs to speak of it."""

    model: str
    provider: str
    name: str
    host: str
    shown: str
    options: Mapping[str, object] = field(repr=False)
    key: str | None = field(repr=False)
    key_fix: str
    refusals_may_bill: bool


class LiteLLM:
    """A gateway to every model of litellm's.

    One call is one attempt, and a parameter that a provider does not take is an error, never
    dropped in silence; but a response schema is only sent where litellm knows how. Whatever becomes
    of it there, the answer is asserted against it.
    """

    def __init__(
        self,
        models: Mapping[str, ModelSettings],
        *,
        environ: Mapping[str, str],
        concurrency: int,
        clock: Clock = time.perf_counter,
    ) -> None:
        del concurrency  # litellm opens as many connections as there are calls.
        self._models = models
        self._environ = environ
        self._clock = clock
        self._routes: dict[str, _Route] = {}
        self._library: Any = None
        self._loading = asyncio.Lock()

    async def complete(self, request: Request) -> Completion:
        """Answers one request, or raises `GatewayError` with a fault."""
        route = self._route(request.model)
        _refuse_unknown(request)
        body = chat_body(request, name=route.name)
        litellm = await self._load()
        # Its table of abilities lacks most models; what it would translate is what can be sent.
        if "response_format" not in (litellm.get_supported_openai_params(model=route.name) or ()):
            body.pop("response_format", None)
        options = {**route.options, **_without_mcp(request)}
        started = self._clock()
        try:
            async with asyncio.timeout(request.timeout_s):
                answer = await litellm.acompletion(
                    **body, **options, timeout=request.timeout_s, num_retries=0, max_retries=0
                )
            latency_s = self._clock() - started
            completion = completion_of(
                answer.model_dump(),
                model=route.name,
                latency_s=latency_s,
                limits=rate_limits(_headers_of(answer)),
            )
            return _with_its_end(completion, request) if "response_format" in body else completion
        except AnswerError as error:
            raise GatewayError(faults.malformed(str(error), route)) from error
        except Exception as error:
            # Whatever litellm raises is a call without an answer: it wraps its own mistakes too.
            if _is_filter(error):
                return filtered(model=route.name, latency_s=self._clock() - started)
            raise GatewayError(_fault_of(error, request.timeout_s, route)) from error

    async def close(self) -> None:
        """Closes the connections that litellm keeps."""
        if self._library is not None:
            await self._library.close_litellm_async_clients()
            # It would hand the closed ones to the next gateway of this process.
            self._library.in_memory_llm_clients_cache.flush_cache()

    def _route(self, model: str) -> _Route:
        if model not in self._routes:
            settings = self._models.get(model, ModelSettings())
            self._routes[model] = _route_of(model, settings, self._environ)
        return self._routes[model]

    async def _load(self) -> Any:
        async with self._loading:
            if self._library is None:
                self._library = await asyncio.to_thread(_import)
        return self._library


def _import() -> Any:
    """litellm, told to be quiet and to stay off the network; runs in a thread, it takes seconds."""
    for name, value in _OFFLINE.items():
        os.environ.setdefault(name, value)
    import litellm  # Imported late: see the module's docstring.

    litellm.suppress_debug_info = True
    litellm.drop_params = False
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    return litellm


def _without_mcp(request: Request) -> dict[str, object]:
    """What keeps litellm from looking for its own MCP servers among the tools of a request.

    The versions that do so import a package for it that they do not ask for, and fail without it.
    Those before send an option that they do not know to the provider.
    """
    looks = find_spec("litellm.responses.mcp.chat_completions_handler") if request.tools else None
    return {"_skip_mcp_handler": True} if looks else {}


def _route_of(model: str, settings: ModelSettings, environ: Mapping[str, str]) -> _Route:
    provider = provider_of(model)
    _, key = find_key(model, settings, environ, needed=litellm_needs_key(model, settings))
    options: dict[str, object] = {}
    if settings.base_url:
        options["api_base"] = settings.base_url
    if settings.api_key_env:
        options["api_key"] = key
    if settings.headers:
        options["extra_headers"] = dict(settings.headers)
    alias = ALIASES.get(provider)
    return _Route(
        model=model,
        provider=provider,
        name=f"{alias}/{model.partition('/')[2]}" if alias else model,
        host=urlsplit(settings.base_url or "").netloc or provider or "litellm",
        shown=(settings.base_url or "").partition("?")[0],
        options=options,
        key=key,
        key_fix=key_fix(model, settings),
        refusals_may_bill=provider == "azure",
    )


def _with_its_end(completion: Completion, request: Request) -> Completion:
    """A completion under a schema that says how it ended, also where litellm does not.

    From a provider that takes no schema (Anthropic's older models, Groq, most of Bedrock's) litellm
    demands a tool call, and gives its arguments as the text. One that was cut off then looks whole:
    it has been parsed and written again, and its finish is `stop`. The tokens still tell; a mark at
    the end keeps such a text from being read as JSON.
    """
    usage = completion.usage
    if usage is None or usage.output_tokens < request.max_tokens:
        return completion
    looks_whole = completion.text.endswith(("}", "]"))
    text = f"{completion.text}\N{HORIZONTAL ELLIPSIS}" if looks_whole else completion.text
    return replace(completion, finish=Finish.LENGTH, text=text)


def _refuse_unknown(request: Request) -> None:
    unknown = sorted(set(request.sampling.extra) - _PASSED_THROUGH)
    if unknown:
        message = f"the setting {unknown[0]!r} is not passed through litellm to {request.model}"
        fix = f"take it out of the prompt's settings; known: {', '.join(sorted(_PASSED_THROUGH))}"
        raise GatewayError(Fault(kind=FaultKind.BAD_REQUEST, message=message, fix=fix))


def _headers_of(answer: Any) -> Headers:
    """The headers that the provider sent with an answer, as litellm keeps them."""
    hidden = getattr(answer, "_hidden_params", None) or {}
    found = hidden.get("additional_headers") or {}
    return {str(name).removeprefix("llm_provider-"): str(value) for name, value in found.items()}


def _is_filter(error: Exception) -> bool:
    if type(error).__name__ == "ContentPolicyViolationError":
        return True
    response = _response_of(error)
    if response is None:
        return False
    status, described, _ = response
    return faults.is_filtered(status, described)


def _fault_of(error: Exception, timeout_s: float, route: _Route) -> Fault:
    """The fault behind an exception.

    What the server answered says more than litellm's class: it calls a refused key, and an
    outage, a bad request with some providers. The class only counts where there was no answer.
    """
    names = {type(link).__name__ for link in _chain(error)}
    response = _response_of(error)
    if response is not None:
        status, described, headers = response
        return with_limits(faults.fault_of_status(status, described, route), status, headers)
    if names & _NEVER_CONNECTED:
        return faults.unreachable("no connection", route)
    if names & _CUT_OFF:
        return faults.cut_off(str(error), route)
    if isinstance(error, TimeoutError) or "Timeout" in names:
        return faults.timed_out(timeout_s, route)
    code = getattr(error, "status_code", None)
    # Without a response, 500 is litellm's word for every surprise: an unreadable answer above all.
    if isinstance(code, int) and code != 500:
        # And any other status is its own refusal, of a request that was never sent.
        own = replace(route, host="litellm", shown="", refusals_may_bill=False)
        return faults.fault_of_status(code, {"message": str(error)}, own)
    return faults.malformed(f"something that litellm cannot read ({error})", route)


def _response_of(error: Exception) -> tuple[int, Mapping[str, object], Headers] | None:
    """Status, error and headers that the server sent, out of the exception that started it all."""
    for link in _chain(error):
        response = getattr(link, "response", None)
        if response is not None and _is_of_a_server(type(link)):
            return response.status_code, faults.error_in(response.content), response.headers
    return None


def _is_of_a_server(kind: type[BaseException]) -> bool:
    """True for httpx's and OpenAI's own; litellm's make responses up, for their base classes."""
    return kind.__module__.partition(".")[0] == "openai" or any(
        base.__name__ == "HTTPStatusError" for base in kind.__mro__
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__
