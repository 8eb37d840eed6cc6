"""Never over budget: an upper bound is reserved before each call and settled after it.

A call that may have been billed without an answer keeps its whole reservation.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from decimal import Decimal

from agentops_cli.errors import GatewayError, StoreError
from agentops_cli.guards.bounds import most_tokens
from agentops_cli.model.call import Completion, Fault, FaultKind, Request
from agentops_cli.model.cut_off import CutOffError, cost_when_cut_off, cut_off_after
from agentops_cli.model.embedding import EMBEDDING_MODEL
from agentops_cli.model.ids import agent_of
from agentops_cli.model.money import ZERO, Amount, Cost, Unit
from agentops_cli.ports import Gateway, Purse, Reservation

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

        Raises `StoreError` when what it is about to spend cannot be written down, or what a call
        before it spent could not be: an answer that is paid for is not lost for that.
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
        except GatewayError as error:
            self._demand_ledger(error.fault.cost)
            raise
        except asyncio.CancelledError as end:
            self._demand_ledger(cost_when_cut_off(end))
            raise
        self._demand_ledger(completion.cost)
        if completion.cost.unpriced_calls and "usd" in units:
            raise GatewayError(_past_the_meter(request, completion))
        return completion

    def _demand_ledger(self, paid: Cost) -> None:
        """Raises `StoreError` when the meter could not write something down."""
        try:
            self._purse.demand_ledger()
        except StoreError as error:
            raise cut_off_after(error, paid) from error

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
    name = agent_of(request.model)
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
        name = agent_of(request.model)
        fix = f"only a meter can hold it back: add agents.{name}.meter, or lower what it may do"
    return Fault(
        kind=FaultKind.BUDGET,
        message=f"a call of {request.model} cost ${spent.usd.normalize():f}, so that {too_much}",
        fix=fix,
        billed=True,
        usd=spent.usd,
    )


def _uncounted(request: Request) -> Fault:
    name = agent_of(request.model)
    return Fault(
        kind=FaultKind.BUDGET,
        message=f"nobody counts the tokens of {request.model}, and budget.tokens is set",
        fix=f"add agents.{name}.meter to the configuration",
    )


def _past_the_meter(request: Request, completion: Completion) -> Fault:
    """The fault of a metered agent of whose call the meter saw nothing: nobody knows its cost."""
    name = agent_of(request.model)
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
        name = agent_of(model)
        fix = f"add agents.{name}.maxUsdPerCall, usage or meter to the configuration"
    else:
        problem = f"{model} has no known price"
        fix = f"add models.{model}.price to the configuration"
    return Fault(kind=FaultKind.BUDGET, message=problem, fix=fix)
