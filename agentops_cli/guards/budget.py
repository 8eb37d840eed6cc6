"""Never over budget: an upper bound is reserved before each call and settled after it.

A call that may have been billed without an answer keeps its whole reservation.
"""

import json
from collections.abc import Callable, Collection
from dataclasses import replace
from decimal import Decimal

from agentops_cli.errors import GatewayError
from agentops_cli.guards.cut_off import CutOffError
from agentops_cli.model.call import Completion, Fault, FaultKind, Request
from agentops_cli.model.embedding import EMBEDDING_MODEL
from agentops_cli.model.money import ZERO, Amount, Price, Unit
from agentops_cli.model.prompt import Message
from agentops_cli.model.tool import Tool
from agentops_cli.ports import Gateway, Purse, Reservation

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


INPUT_MARGIN = 2
"""How many times the bound of the input a call is taken to have.

Providers add what nobody sees: instructions of their own, a judge of content, a chat format that is
theirs alone. Up to this factor it costs nobody a dollar over the budget.
"""


def most_usd(request: Request, price: Price) -> Decimal:
    """An upper bound in dollars of one call, the margin of its input included."""
    input_tokens = INPUT_MARGIN * most_input_tokens(request)
    return price.bound(input_tokens=input_tokens, output_tokens=request.max_tokens)


def most_tokens(request: Request) -> int:
    """An upper bound of the tokens of one call, input and output, the margin included."""
    return INPUT_MARGIN * most_input_tokens(request) + request.max_tokens


TOLD_AFTERWARDS = Decimal("Infinity")
"""The bound of a call that may cost anything, and says so when it is over."""


class Budgeted:
    """A gateway that refuses what it cannot be sure to afford, with a BUDGET fault.

    `bound_of` gives the most that a request may cost in dollars, None when that is not known: where
    dollars are limited such a call is refused. The plan has already refused such a run, this is the
    second lock. A call that only tells afterwards what it cost, `TOLD_AFTERWARDS`, is made alone,
    with all that is left reserved: no more than one call can cost more than there is, and that one
    is no answer. A request is `prepaid` when what stands behind the gateway takes from the purse by
    itself. An answer of which nobody knows the cost afterwards is no answer either. What nothing
    limits is not looked at, and a comparison of texts is no call of a model.
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
        """Reserves, answers through the inner gateway, settles.

        Raises `StoreError` when what is spent could not be written down.
        """
        units = self._purse.limits(request.tags)
        if not units or request.model == EMBEDDING_MODEL:
            return await self._inner.complete(request)
        if self._prepaid(request):
            return await self._complete_prepaid(request, units)
        bound = self._bound_of(request)
        reservation = await self._reserve(request, bound, units)
        most = spent = reservation.most  # What a cut-off call is taken to have cost.
        try:
            completion = await self._inner.complete(request)
            spent = _spent(completion, most)
        except GatewayError as error:
            spent = _lost(error.fault, most)
            if error.fault.assumed and error.fault.usd != spent.usd:
                raise GatewayError(replace(error.fault, usd=spent.usd)) from error
            raise
        except CutOffError as error:
            if error.cost.assumed_calls and error.cost.usd < most.usd:
                raise CutOffError(replace(error.cost, usd=most.usd)) from error
            raise
        finally:
            reservation.settle(spent)
        if completion.cost.unpriced_calls and bound == TOLD_AFTERWARDS and "usd" in units:
            raise GatewayError(_untold(request, completion))
        if any(getattr(spent, unit) > getattr(most, unit) for unit in units):
            self._refuse_overspent(request, spent)
        return completion

    async def close(self) -> None:
        """Closes the inner gateway."""
        await self._inner.close()

    async def _complete_prepaid(self, request: Request, units: Collection[Unit]) -> Completion:
        """Answers what the meter pays for, which cannot end a run by itself."""
        try:
            completion = await self._inner.complete(request)
        finally:
            self._purse.demand_ledger()
        if completion.cost.unpriced_calls and "usd" in units:
            raise GatewayError(_past_the_meter(request, completion))
        return completion

    async def _reserve(
        self, request: Request, bound: Decimal | None, units: Collection[Unit]
    ) -> Reservation:
        tokens = 0
        if "tokens" in units and request.agent is None:
            tokens = most_tokens(request)
        elif "tokens" in units and bound != ZERO:
            raise GatewayError(_uncounted(request))
        if "usd" not in units and bound in {None, TOLD_AFTERWARDS}:
            bound = ZERO  # What is known is reserved all the same: a resumed run may have a budget.
        if bound is None:
            raise GatewayError(_unbounded(request))
        if bound == TOLD_AFTERWARDS:
            return await self._purse.reserve_rest(who=request.tags)
        most = Amount(usd=bound, calls=1, tokens=tokens)
        return await self._purse.reserve(most, who=request.tags, model=request.model)

    def _refuse_overspent(self, request: Request, spent: Amount) -> None:
        """Raises `GatewayError` when this call took more than there was."""
        if too_much := self._purse.overspent(request.tags):
            raise GatewayError(_overspent(request, spent, too_much))


def _spent(completion: Completion, most: Amount) -> Amount:
    """What an answer took; what it does not tell is taken to be the most."""
    if completion.cached:
        return Amount()
    cost, usage = completion.cost, completion.usage
    usd = max(most.usd, cost.usd) if cost.unpriced_calls else cost.usd
    tokens = most.tokens if usage is None else usage.total_tokens
    return Amount(usd=usd, calls=1, tokens=tokens)


def _lost(fault: Fault, most: Amount) -> Amount:
    """What a call took that gave no answer."""
    if fault.kind is FaultKind.MISS:
        return Amount()  # It was looked for in a cassette, and nobody was called.
    if not fault.billed:
        return Amount(calls=1)
    usd = most.usd if fault.usd is None else fault.usd
    return replace(most, usd=max(most.usd, usd) if fault.assumed else usd)


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


def _overspent(request: Request, spent: Amount, too_much: str) -> Fault:
    if request.agent is None:
        fix = "tell whoever runs it: it counts more than twice what it was sent"
    else:
        name = request.model.removeprefix("agent/")
        fix = f"only a meter can hold it back: add agents.{name}.meter, or lower what it may do"
    return Fault(
        kind=FaultKind.BUDGET,
        message=f"a call of {request.model} cost ${spent.usd.normalize():f}, so that {too_much}",
        fix=fix,
        billed=True,
        usd=spent.usd,
    )


def _uncounted(request: Request) -> Fault:
    name = request.model.removeprefix("agent/")
    return Fault(
        kind=FaultKind.BUDGET,
        message=f"nobody counts the tokens of {request.model}, and budget.tokens is set",
        fix=f"add agents.{name}.meter to the configuration",
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
