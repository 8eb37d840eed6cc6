"""One call of a child: priced, reserved, forwarded, settled."""

from collections.abc import Callable
from dataclasses import replace

import aiohttp
from aiohttp import web

from agentops_cli.errors import GatewayError
from agentops_cli.gateways import faults
from agentops_cli.gateways.chat_format import AnswerError
from agentops_cli.gateways.endpoints import Endpoint
from agentops_cli.gateways.metering.asked import Api, Asked, read_asked
from agentops_cli.gateways.metering.beyond import beyond_bound, beyond_price
from agentops_cli.gateways.metering.delivery import Bill, Call, deliver
from agentops_cli.gateways.metering.injected import provider_failure
from agentops_cli.gateways.metering.refusal import RefusedError, not_understood, refused
from agentops_cli.gateways.metering.session import Session
from agentops_cli.gateways.metering.upstream import (
    CONNECT_TIMEOUT_S,
    Upstream,
    passed_on,
    without_key,
)
from agentops_cli.gateways.openai_chat import fault_of, read_whole
from agentops_cli.guards.bounds import bounded
from agentops_cli.model.call import Fault, FaultKind
from agentops_cli.model.money import Price
from agentops_cli.ports import Purse


class Forwarder:
    """Carries calls to providers; what the purse does not cover never leaves.

    `hang_s` is how long an injected timeout lasts at most. `capped_calls` counts those that got a
    limit of output tokens from us.
    """

    def __init__(
        self,
        upstream: Upstream,
        *,
        purse: Purse,
        price_of: Callable[[str], Price | None],
        hang_s: float,
    ) -> None:
        self._upstream = upstream
        self._purse = purse
        self._price_of = price_of
        self._hang_s = hang_s
        self.capped_calls = 0

    async def answer(self, request: web.Request, api: Api, session: Session) -> web.StreamResponse:
        """Answers one call of a session; raises `RefusedError` where there is no answer."""
        asked = read_asked(api, await _body_of(request))
        if failure := session.injection.strike_provider():
            return await provider_failure(failure, asked, hang_s=self._hang_s)
        try:
            call = self._prepared(request, asked, session)
            if call.is_step:
                session.begin_step()
            reservation = await self._purse.reserve(
                call.bill.most, who=session.who, model=call.endpoint.model
            )
            call.bill.most = reservation.most
        except GatewayError as error:
            session.refuse(error.fault)
            raise refused(error.fault) from error
        try:
            return await self._exchange(call)
        finally:
            reservation.settle(call.bill.spent)
            session.settle(call.bill.cost, call.bill.usage)

    async def list_models(self) -> web.StreamResponse:
        """The models of OpenAI's address, which cost nothing to know."""
        try:
            endpoint = self._upstream.endpoint("openai/")
        except GatewayError as error:
            raise refused(error.fault) from error
        try:
            async with await self._upstream.list_models(endpoint) as answer:
                content = without_key(await read_whole(answer), endpoint)
                return web.Response(status=answer.status, body=content, headers=passed_on(answer))
        except (aiohttp.ClientError, AnswerError, TimeoutError, GatewayError) as error:
            raise refused(_fault_of(error, endpoint)) from error

    def _prepared(self, request: web.Request, asked: Asked, session: Session) -> Call:
        """The call as it may be made; raises `GatewayError` when its cost has no bound."""
        model = self._upstream.id_of(asked.model)
        endpoint = self._upstream.endpoint(model)
        asked = replace(asked, body=session.injection.spoil(asked, session.tool_calls))
        asked = asked.bounded(endpoint.limit_key)
        self.capped_calls += asked.capped_at is not None
        wire = asked.wire(name=endpoint.name)
        price = self._price_of(model)
        problem = beyond_price(asked, wire)
        limited = self._purse.limits(session.who) - {"calls"}
        if problem is None and limited:
            problem = beyond_bound(asked)
        if price is None and "usd" in limited:
            raise GatewayError(_unpriced(model))
        if problem is not None:
            raise GatewayError(Fault(kind=FaultKind.BAD_REQUEST, message=problem))
        # What has no price is counted, and may cost nothing limited.
        most = bounded(
            price,
            input_tokens=asked.most_input_tokens(wire),
            output_tokens=asked.most_output_tokens,
        )
        return Call(
            request=request,
            session=session,
            asked=asked,
            endpoint=endpoint,
            wire=wire,
            bill=Bill(price, most=most),
        )

    async def _exchange(self, call: Call) -> web.StreamResponse:
        try:
            async with await self._upstream.post(
                call.endpoint, call.asked.api, call.wire
            ) as answer:
                return await deliver(call, answer)
        except (aiohttp.ClientError, AnswerError, TimeoutError, GatewayError) as error:
            fault = _fault_of(error, call.endpoint)
            call.bill.is_free = not fault.billed
            call.fail(fault)
            raise refused(fault) from error


async def _body_of(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        message = f"agentops: a body of more than {request.client_max_size // 2**20} MiB"
        raise RefusedError(413, message, code="agentops_too_large") from error
    except web.RequestPayloadError as error:
        raise not_understood(f"the body cannot be read: {error}") from error


def _fault_of(error: Exception, endpoint: Endpoint) -> Fault:
    match error:
        case GatewayError():
            return error.fault
        case AnswerError():
            return faults.malformed(str(error), endpoint)
        case _:
            return fault_of(error, CONNECT_TIMEOUT_S, endpoint)


def _unpriced(model: str) -> Fault:
    price = "{inputPer1M: …, outputPer1M: …}"
    return Fault(
        kind=FaultKind.BUDGET,
        message=f"{model} has no known price, and a budget is set",
        fix=f"add to agentops.yaml: models: {{{model}: {{price: {price}}}}}",
    )
