"""Prices every answer; a call whose price or usage is unknown is counted as unpriced, not free."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from agentops_cli.errors import GatewayError
from agentops_cli.model.call import Completion, Fault, FaultKind, Request
from agentops_cli.model.cut_off import CutOffError
from agentops_cli.model.money import FREE, ZERO, Cost, Price, Usage
from agentops_cli.ports import Gateway


class Metered:
    """A gateway whose completions carry their cost, and whose faults do where one may be billed.

    A call that may have been billed and gave no answer is taken to have cost the most that it may,
    also one that was cut off: `bound_of` gives that in dollars, None where it is not known. Agents
    know better than a price what their answers cost: what their gateway fills in is left as it is.
    """

    def __init__(
        self,
        inner: Gateway,
        *,
        price_of: Callable[[str], Price | None],
        bound_of: Callable[[Request], Decimal | None],
    ) -> None:
        self._inner = inner
        self._price_of = price_of
        self._bound_of = bound_of

    async def complete(self, request: Request) -> Completion:
        """Answers through the inner gateway and fills `cost`."""
        try:
            completion = await self._inner.complete(request)
        except GatewayError as error:
            raise GatewayError(self._priced(error.fault, request)) from error
        except CutOffError:
            raise
        except asyncio.CancelledError as error:
            raise CutOffError(self._priced(_CUT_OFF, request).cost) from error
        if completion.cached or request.agent is not None:
            return completion
        price = self._price_of(request.model)
        return replace(completion, cost=cost_of(price, completion.usage))

    async def close(self) -> None:
        """Closes the inner gateway."""
        await self._inner.close()

    def _priced(self, fault: Fault, request: Request) -> Fault:
        if not fault.billed or fault.usd is not None:
            return fault
        bound = self._bound_of(request)
        if bound is None or not bound.is_finite():
            return fault
        return replace(fault, usd=bound, assumed=bound > ZERO)


_CUT_OFF = Fault(kind=FaultKind.INTERRUPTED, message="cut off", billed=True)


def cost_of(price: Price | None, usage: Usage | None) -> Cost:
    """What a call cost, or that it could not be priced; a free model needs no usage."""
    if price == FREE:
        return Cost()
    if price is None or usage is None:
        return Cost(unpriced_calls=1)
    return Cost(usd=price.cost_of(usage))
