"""What comes from the provider, handed on to the child and read along."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from agentops_cli.errors import GatewayError
from agentops_cli.gateways import faults
from agentops_cli.gateways.chat_format import AnswerError
from agentops_cli.gateways.endpoints import Endpoint
from agentops_cli.gateways.metering.answered import Watch, data_of, events_of, watch
from agentops_cli.gateways.metering.asked import Api, Asked
from agentops_cli.gateways.metering.session import Session
from agentops_cli.gateways.metering.upstream import MAX_ANSWER_BYTES, passed_on, without_key
from agentops_cli.gateways.openai_chat import read_whole
from agentops_cli.model.call import Fault, FaultKind
from agentops_cli.model.money import Amount, Cost, Price, Usage

_CAPPED = "x-agentops-max-tokens"

# What an agent did not bring about: the key is ours, and an outage is nobody's.
_NOT_THE_AGENTS = frozenset(
    {FaultKind.AUTH, FaultKind.PROVIDER, FaultKind.RATE_LIMIT, FaultKind.TIMEOUT}
)


class _ChildLeftError(Exception):
    """Nobody reads the answer any more."""


class Bill:
    """What a call is taken to have taken: its upper bound, until more is known.

    `is_free` is set when nothing was charged.
    """

    def __init__(self, price: Price | None, *, most: Amount) -> None:
        self.most = most
        self.usage: Usage | None = None
        self.is_free = False
        self._price = price

    @property
    def cost(self) -> Cost:
        if self.is_free:
            return Cost()
        if self._price is None:
            return Cost(unpriced_calls=1)
        if self.usage is None:
            return Cost(usd=self.most.usd, assumed_calls=1)
        return Cost(usd=self._price.cost_of(self.usage))

    @property
    def spent(self) -> Amount:
        tokens = 0 if self.is_free else self.most.tokens
        if self.usage is not None:
            tokens = self.usage.total_tokens
        return Amount(usd=self.cost.usd, calls=1, tokens=tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that may be made."""

    request: web.Request
    session: Session
    asked: Asked
    endpoint: Endpoint
    wire: bytes
    bill: Bill

    @property
    def is_step(self) -> bool:
        """True when the model answers: an embedding is no answer."""
        return self.asked.api is not Api.EMBEDDINGS

    def fail(self, fault: Fault) -> None:
        """Keeps that the provider failed, which is no step of the agent's."""
        self.session.fail(fault)
        if self.is_step:
            self.session.lose_step()


async def deliver(call: Call, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    """Gives the child its answer; raises `GatewayError` where it is none to be handed on."""
    if answer.status >= 300:
        return await _refusal(call, answer)
    if answer.content_type == "text/event-stream":
        return await _stream(call, answer)
    return await _whole(call, answer)


async def _whole(call: Call, answer: aiohttp.ClientResponse) -> web.Response:
    """Hands on an answer that came in one piece."""
    content = await read_whole(answer, most_bytes=MAX_ANSWER_BYTES)
    try:
        parsed: object = json.loads(content)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict) or parsed.get("error"):
        start = content[:200].decode("utf-8", "replace")
        call.fail(faults.malformed(f"something that is no answer ({start!r})", call.endpoint))
    else:
        seen = watch(call.asked.api)
        seen.whole(parsed)
        call.bill.usage = seen.usage
        call.session.call_for(seen.tool_calls())
        call.session.succeed()
    return web.Response(
        status=answer.status, body=without_key(content, call.endpoint), headers=_head(call, answer)
    )


async def _refusal(call: Call, answer: aiohttp.ClientResponse) -> web.Response:
    """Hands on an error of the provider's; a redirect would take the key along."""
    endpoint, status = call.endpoint, answer.status
    if status < 400:
        target = urlsplit(answer.headers.get("Location", "")).netloc or endpoint.host
        raise GatewayError(faults.redirected(status, target, endpoint))
    content = await read_whole(answer)
    error = faults.error_in(content)
    fault = faults.fault_of_status(status, error, endpoint)
    is_filtered = faults.is_filtered(status, error)
    call.bill.is_free = not (fault.billed or is_filtered)
    if fault.kind in _NOT_THE_AGENTS and not is_filtered:
        call.fail(fault)
    return web.Response(
        status=status, body=without_key(content, endpoint), headers=_head(call, answer)
    )


async def _stream(call: Call, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    """Hands on a stream event by event, as they come.

    Where it breaks off, the child sees its connection end as it would have without us.
    """
    response = web.StreamResponse(status=answer.status, headers=_head(call, answer))
    seen = watch(call.asked.api)
    try:
        await _hand_on(call, answer, response, seen)
    except _ChildLeftError:
        return response
    except (aiohttp.ClientError, AnswerError, TimeoutError) as error:
        call.fail(faults.cut_off(str(error) or type(error).__name__, call.endpoint))
        if call.request.transport is not None:
            call.request.transport.close()
        return response
    finally:
        # The figures of an answer that did not end are not those of all of it.
        call.bill.usage = seen.usage if seen.ended else None
        call.session.call_for(seen.tool_calls())
    if seen.ended:
        call.session.succeed()
    else:
        call.fail(faults.cut_off("the stream does not say that it ended", call.endpoint))
    return response


async def _hand_on(
    call: Call, answer: aiohttp.ClientResponse, response: web.StreamResponse, seen: Watch
) -> None:
    with _to_child():
        await response.prepare(call.request)
    async for event in events_of(answer.content.iter_any()):
        is_for_us = seen.event(data_of(event))
        if is_for_us and not call.asked.wants_usage:
            continue
        with _to_child():
            await response.write(without_key(event, call.endpoint))


@contextmanager
def _to_child() -> Iterator[None]:
    """Tells a connection that the child ended from one that the provider did."""
    try:
        yield
    except ConnectionError as error:
        raise _ChildLeftError from error


def _head(call: Call, answer: aiohttp.ClientResponse) -> dict[str, str]:
    """The headers for the child; they say so when its answer was capped."""
    capped = call.asked.capped_at
    return passed_on(answer) | ({} if capped is None else {_CAPPED: str(capped)})
