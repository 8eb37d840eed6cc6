"""Prices every answer; a call whose price or usage is unknown is counted as unpriced, not free."""

from collections.abc import Callable
from dataclasses import replace

from agentops_cli.model.call import Completion, Request
from agentops_cli.model.money import FREE, Cost, Price, Usage
from agentops_cli.ports import Gateway


class Metered:
    """A gateway whose completions carry their cost.

    Agents know better than a price what they cost: what their gateway fills in is left as it is.
    """

    def __init__(self, inner: Gateway, *, price_of: Callable[[str], Price | None]) -> None:
        self._inner = inner
        self._price_of = price_of

    async def complete(self, request: Request) -> Completion:
        """Answers through the inner gateway and fills `cost`."""
        completion = await self._inner.complete(request)
        if completion.cached or request.agent is not None:
            return completion
        price = self._price_of(request.model)
        return replace(completion, cost=cost_of(price, completion.usage))

    async def close(self) -> None:
        """Closes the inner gateway."""
        await self._inner.close()


def cost_of(price: Price | None, usage: Usage | None) -> Cost:
    """What a call cost, or that it could not be priced; a free model needs no usage."""
    if price == FREE:
        return Cost()
    if price is None or usage is None:
        return Cost(unpriced_calls=1)
    return Cost(usd=price.cost_of(usage))
