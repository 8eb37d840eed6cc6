from decimal import Decimal

import pytest

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.scripted import Scripted
from agentops_cli.guards.budget import TOLD_AFTERWARDS
from agentops_cli.guards.meter import Metered
from agentops_cli.model.call import Fault, FaultKind, Request
from agentops_cli.model.cut_off import CutOffError
from agentops_cli.model.money import FREE, ZERO, Cost, Price, Rates, Usage
from tests.builders import a_completion, a_request

CENT = Decimal("0.01")
PRICE = Price(rates=Rates(input_usd=CENT, output_usd=CENT))
LATE = Fault(kind=FaultKind.TIMEOUT, message="late", billed=True)


def metered(reply: object, *, bound: Decimal | None = CENT, price: Price | None = PRICE) -> Metered:
    assert isinstance(reply, Fault) or hasattr(reply, "usage")
    return Metered(
        Scripted(reply),  # type: ignore[arg-type] # Either is a reply.
        price_of=lambda _: price,
        bound_of=lambda _: bound,
    )


async def fault_of(gateway: Metered) -> Fault:
    with pytest.raises(GatewayError) as caught:
        await gateway.complete(a_request())
    return caught.value.fault


@pytest.mark.parametrize(
    ("price", "usage", "cost"),
    [
        (PRICE, Usage(input_tokens=2, output_tokens=3), Cost(usd=5 * CENT)),
        (PRICE, None, Cost(unpriced_calls=1)),
        (None, Usage(input_tokens=2), Cost(unpriced_calls=1)),
        (FREE, None, Cost()),
    ],
)
async def test_an_answer_carries_what_it_cost(
    price: Price | None, usage: Usage | None, cost: Cost
) -> None:
    answer = await metered(a_completion(usage=usage), price=price).complete(a_request())
    assert answer.cost == cost


async def test_a_billed_call_without_an_answer_is_taken_to_have_cost_the_most() -> None:
    fault = await fault_of(metered(LATE, bound=7 * CENT))
    assert (fault.usd, fault.assumed) == (7 * CENT, True)
    assert fault.cost == Cost(usd=7 * CENT, assumed_calls=1)


@pytest.mark.parametrize("bound", [None, TOLD_AFTERWARDS])
async def test_without_a_known_price_nothing_is_assumed(bound: Decimal | None) -> None:
    fault = await fault_of(metered(LATE, bound=bound))
    assert fault == LATE
    assert fault.cost == Cost(unpriced_calls=1)


async def test_what_is_known_or_was_not_billed_is_left_as_it_is() -> None:
    for known in (
        Fault(kind=FaultKind.BUDGET, message="dear", billed=True, usd=CENT),
        Fault(kind=FaultKind.RATE_LIMIT, message="slow down"),
    ):
        assert await fault_of(metered(known, bound=7 * CENT)) == known


async def test_a_free_model_that_gives_no_answer_cost_nothing() -> None:
    fault = await fault_of(metered(LATE, bound=ZERO))
    assert fault.cost == Cost()


async def test_what_a_cancellation_is_known_to_cost_is_left_as_it_is() -> None:
    known = Cost(usd=3 * CENT)

    async def script(_: Request) -> str:
        raise CutOffError(known)

    gateway = Metered(Scripted(script), price_of=lambda _: PRICE, bound_of=lambda _: 7 * CENT)
    with pytest.raises(CutOffError) as caught:
        await gateway.complete(a_request())
    assert caught.value.cost == known
