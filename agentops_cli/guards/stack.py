"""The one place that says in which order the guards stand."""

from collections.abc import Callable
from decimal import Decimal

from agentops_cli.guards.budget import Budgeted, most_usd
from agentops_cli.guards.cache import Cached, is_for_judge
from agentops_cli.guards.meter import Metered
from agentops_cli.model.call import Request
from agentops_cli.model.money import Price
from agentops_cli.ports import Gateway, Purse, ResponseCache


def guarded(
    gateway: Gateway,
    *,
    price_of: Callable[[str], Price | None],
    purse: Purse,
    bound_of: Callable[[Request], Decimal | None],
    prepaid: Callable[[Request], bool],
    cache: ResponseCache | None = None,
) -> Gateway:
    """cache → budget → meter → gateway: what is kept costs nothing and proves nothing.

    The money is reserved before, and what came is priced after. Only the opinions of judges are
    kept, in `cache`, which is closed with the gateway.

    Where the purse has no limit, an unknown price is merely reported. `bound_of` and `prepaid` are
    asked about agents only: the most that a call of one may cost (`TOLD_AFTERWARDS` for one that
    only reports what it spent), and whether it takes from the purse through the meter. The bound of
    a model follows from its price.
    """

    def bound(request: Request) -> Decimal | None:
        if request.agent is not None:
            return bound_of(request)
        price = price_of(request.model)
        return None if price is None else most_usd(request, price)

    budgeted = Budgeted(
        Metered(gateway, price_of=price_of),
        purse=purse,
        bound_of=bound,
        prepaid=lambda request: request.agent is not None and prepaid(request),
    )
    return budgeted if cache is None else Cached(budgeted, cache, serves=is_for_judge)
