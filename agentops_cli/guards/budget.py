"""Never over budget: an upper bound is reserved before each call and settled after it.

A call that may have been billed without an answer keeps its whole reservation.
"""

import json
from collections.abc import Callable
from decimal import Decimal

from agentops_cli.errors import GatewayError
from agentops_cli.model.call import Completion, Fault, FaultKind, Request
from agentops_cli.model.money import ZERO, Price
from agentops_cli.model.prompt import Message
from agentops_cli.model.tool import Tool
from agentops_cli.ports import Gateway, Purse

TOKENS_PER_REQUEST = 64

# What a provider says to the model about using tools at all: Anthropic's most is 530 tokens
# ("Tool use with Claude", pricing), the chat templates of open models have less.
TOKENS_FOR_TOOLS = 1024

_TOKENS_PER_MESSAGE = 16
_TOKENS_PER_TOOL = 64


def most_input_tokens(request: Request) -> int:
    """An upper bound of the input tokens of a request, whatever the tokenizer.

    No tokenizer of byte-level pieces makes more tokens than there are UTF-8 bytes; what a chat
    format adds for roles, separators and tools is covered by an allowance for each. What is sent
    beside the messages counts too: providers may put a response schema, or tools that are passed
    through, into the prompt.
    """
    sampling = request.sampling
    beside = (request.response_schema, dict(sampling.extra), list(sampling.stop))
    return (
        TOKENS_PER_REQUEST
        + sum(map(_of_message, request.messages))
        + (TOKENS_FOR_TOOLS if request.tools else 0)
        + sum(map(_of_tool, request.tools))
        + sum(_bytes_as_json(part) for part in beside if part)
    )


def _of_message(message: Message) -> int:
    calls = [[call.id, call.name, call.arguments] for call in message.tool_calls]
    return (
        _TOKENS_PER_MESSAGE * (1 + len(calls))
        + _bytes(message.content)
        + _bytes(message.tool_call_id or "")
        + (_bytes_as_json(calls) if calls else 0)
    )


def _of_tool(tool: Tool) -> int:
    words = _bytes(tool.name) + _bytes(tool.description or "")
    return _TOKENS_PER_TOOL + words + _bytes_as_json(tool.parameters)


def _bytes_as_json(value: object) -> int:
    return _bytes(json.dumps(value))


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def most_usd(request: Request, price: Price) -> Decimal:
    """An upper bound in dollars of one call."""
    return price.bound(input_tokens=most_input_tokens(request), output_tokens=request.max_tokens)


TOLD_AFTERWARDS = Decimal("Infinity")
"""The bound of a call that may cost anything, and says so when it is over."""


class Budgeted:
    """A gateway that refuses what it cannot be sure to afford, with a BUDGET fault.

    `bound_of` gives the most that a request may cost, None when that is not known: such a call is
    refused. The plan has already refused such a run, this is the second lock. A call that only
    tells afterwards what it cost, `TOLD_AFTERWARDS`, is made alone, with all that is left reserved:
    no more than one call can cost more than there is, and that one is no answer. A request is
    `prepaid` when what stands behind the gateway takes from the purse by itself. An answer of which
    nobody knows the cost afterwards is no answer either. What nothing limits is not looked at.
    """

    def __init__(
        self,
        inner: Gateway,
        *,
        purse: Purse,
        bound_of: Callable[[Request], Decimal | None],
        prepaid: Callable[[Request], bool],
    ) -> None:
        self._inner = inner
        self._purse = purse
        self._bound_of = bound_of
        self._prepaid = prepaid

    async def complete(self, request: Request) -> Completion:
        """Reserves, answers through the inner gateway, settles."""
        suite = request.tags.suite if request.tags else None
        if not self._purse.limits(suite):
            return await self._inner.complete(request)
        if self._prepaid(request):
            completion = await self._inner.complete(request)
            if completion.cost.unpriced_calls:
                raise GatewayError(_past_the_meter(request, completion))
            return completion
        bound = self._bound_of(request)
        if bound is None:
            raise GatewayError(_unbounded(request))
        if bound == TOLD_AFTERWARDS:
            reservation = await self._purse.reserve_rest(suite=suite)
        else:
            reservation = await self._purse.reserve(bound, suite=suite)
        spent = reserved = reservation.usd  # What a cut-off call is taken to have cost.
        try:
            completion = await self._inner.complete(request)
            cost = completion.cost
            spent = max(reserved, cost.usd) if cost.unpriced_calls else cost.usd
        except GatewayError as error:
            fault = error.fault
            spent = ZERO if not fault.billed else reserved if fault.usd is None else fault.usd
            raise
        finally:
            reservation.settle(spent)
        if cost.unpriced_calls and bound == TOLD_AFTERWARDS:
            raise GatewayError(_untold(request, completion))
        if too_much := self._purse.overspent(suite):
            raise GatewayError(_overspent(request, cost.usd, too_much))
        return completion

    async def close(self) -> None:
        """Closes the inner gateway."""
        await self._inner.close()


def _untold(request: Request, completion: Completion) -> Fault:
    """The fault of an agent that was to tell its cost afterwards and did not: nobody knows it."""
    name = request.model.removeprefix("agent/")
    return Fault(
        kind=FaultKind.BUDGET,
        message=f"{request.model} did not say what its call cost, and there is a budget"
        f"{_and_failed(completion)}",
        fix=f"make it report its cost, or add agents.{name}.maxUsdPerCall or meter",
        billed=True,
    )


def _overspent(request: Request, usd: Decimal, too_much: str) -> Fault:
    name = request.model.removeprefix("agent/")
    return Fault(
        kind=FaultKind.BUDGET,
        message=f"a call of {request.model} cost ${usd.normalize():f}, so that {too_much}",
        fix=f"only a meter can hold it back: add agents.{name}.meter, or lower what it may do",
        billed=True,
        usd=usd,
    )


def _past_the_meter(request: Request, completion: Completion) -> Fault:
    """The fault of a metered agent of whose call the meter saw nothing: nobody knows its cost."""
    name = request.model.removeprefix("agent/")
    return Fault(
        kind=FaultKind.BUDGET,
        message=f"nothing of a call of {request.model} came to its meter, and there is a budget"
        f"{_and_failed(completion)}",
        fix="start it with the meter's address as OPENAI_BASE_URL; where it may answer without a "
        f"model, add agents.{name}.maxUsdPerCall: 0",
        billed=True,
    )


def _and_failed(completion: Completion) -> str:
    return f"; it failed: {completion.failure}" if completion.failure else ""


def _unbounded(request: Request) -> Fault:
    model = request.model
    if request.agent is not None:
        problem = f"nothing says what a call of {model} may cost"
        name = model.removeprefix("agent/")
        fix = f"add agents.{name}.maxUsdPerCall, usage or meter to the configuration"
    else:
        problem = f"{model} has no known price"
        fix = f"add models.{model}.price to the configuration"
    return Fault(kind=FaultKind.BUDGET, message=problem, fix=fix)
