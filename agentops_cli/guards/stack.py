"""The one place that says in which order the guards stand."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from agentops_cli.guards.bounds import most_usd
from agentops_cli.guards.breaker import CircuitBreaker
from agentops_cli.guards.budget import Budgeted
from agentops_cli.guards.cache import Cached
from agentops_cli.guards.fallback import Fallback, StandIns
from agentops_cli.guards.meter import Metered
from agentops_cli.guards.patience import OnlyElsewhere, Patience
from agentops_cli.guards.retry import Retried
from agentops_cli.guards.throttle import Throttled
from agentops_cli.model.call import Request
from agentops_cli.model.money import Price
from agentops_cli.ports import Gateway, Purse, ResponseCache

if TYPE_CHECKING:
    from agentops_cli.guards.recordings import Recordings  # Imported where any are kept.


def guarded(  # noqa: PLR0913 # The parts of one composition, all by name.
    gateway: Gateway,
    *,
    price_of: Callable[[str], Price | None],
    purse: Purse,
    bound_of: Callable[[Request], Decimal | None],
    prepaid: Callable[[Request], bool],
    cache: ResponseCache | None = None,
    recordings: "Recordings | None" = None,
    patience: Patience | None = None,
    stand_ins: StandIns | None = None,
) -> Gateway:
    """record → fallback → cache → retry → breaker → throttle → budget → meter → gateway.

    Where a model gives nothing in spite of all the rest, one of its `stand_ins` is asked, whose
    answer is kept as its own.

    What is kept costs nothing and proves nothing, so the cache comes first. Every attempt passes
    all that is behind the retry: it is counted, it waits for its turn, and it is paid for. No money
    is reserved while a call waits: money is reserved right before it, and what came is priced
    after. What models say is kept in `cache`, which is closed with the gateway. With `recordings`,
    what comes of all the rest is recorded.

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
        Metered(gateway, price_of=price_of, bound_of=bound),
        purse=purse,
        bound_of=bound,
        prepaid=lambda request: request.agent is not None and prepaid(request),
    )
    patient = budgeted if patience is None else _patient(budgeted, patience)
    cached = patient if cache is None else Cached(patient, cache)
    helped = cached if stand_ins is None else Fallback(cached, stand_ins)
    if recordings is None:
        return helped
    from agentops_cli.guards.record import Recorded  # Late: most runs have no cassettes.

    return Recorded(helped, recordings)


def _patient(gateway: Gateway, patience: Patience) -> Gateway:
    """The guards that wait, around the calls that leave this process."""
    outside, place_of = patience.outside, patience.place_of
    throttled = Throttled(
        gateway,
        outside,
        models=patience.models,
        concurrency=patience.concurrency,
        retry=patience.retry,
    )
    breaking = CircuitBreaker(throttled, patience.breaker, outside, place_of=place_of)
    retried = Retried(breaking, patience.retry, outside)
    return OnlyElsewhere(retried, direct=gateway, place_of=place_of)
