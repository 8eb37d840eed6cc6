"""The one place that says in which order the guards stand."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from agentops_cli.guards.budget import Budgeted
from agentops_cli.guards.meter import Metered
from agentops_cli.model.money import Price
from agentops_cli.ports import Gateway


def guarded(
    gateway: Gateway,
    *,
    price_of: Callable[[str], Price | None],
    run_usd: Decimal | None,
    suite_usd: Mapping[str, Decimal],
) -> Gateway:
    """budget → meter → gateway: the money is reserved before, and what came is priced after.

    Limits are in dollars, of the whole run and of suites by path. Without any limit there is no
    budget guard, and an unknown price is merely reported.
    """
    metered = Metered(gateway, price_of=price_of)
    if run_usd is None and not suite_usd:
        return metered
    return Budgeted(metered, price_of=price_of, run_usd=run_usd, suite_usd=suite_usd)
