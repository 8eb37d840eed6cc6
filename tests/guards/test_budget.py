import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.errors import GatewayError, StoreError
from agentops_cli.gateways.scripted import Scripted
from agentops_cli.guards.bounds import most_tokens
from agentops_cli.guards.budget import TOLD_AFTERWARDS
from agentops_cli.guards.purse import Purse
from agentops_cli.guards.stack import guarded
from agentops_cli.model.call import AgentInput, Completion, Fault, FaultKind, Request, Tags
from agentops_cli.model.cut_off import CutOffError, cost_when_cut_off
from agentops_cli.model.embedding import EMBEDDING_MODEL
from agentops_cli.model.money import FREE, ZERO, Amount, Cost, Price, Rates, Usage
from agentops_cli.ports import Gateway
from tests.builders import a_completion, a_request
from tests.guards.clockwork import idle
from tests.guards.spending import Full, a_budget, a_purse, spent

CENT = Decimal("0.01")
# One cent an output token and nothing for input: a call of n tokens costs n cents.
PRICE = Price(rates=Rates(input_usd=Decimal(0), output_usd=CENT))


def used(tokens: int) -> Completion:
    return a_completion(usage=Usage(input_tokens=1, output_tokens=tokens))


def a_call(max_tokens: int = 10, suite: str = "s.yaml") -> Request:
    return a_request(max_tokens=max_tokens, tags=Tags(suite=suite, case_id="c"))


def an_agent_call(suite: str = "s.yaml") -> Request:
    agent = AgentInput(input="Where is order 812?", conversation="r-0-0-0")
    return a_request(model="agent/bot", agent=agent, tags=Tags(suite=suite, case_id="c"))


def budgeted(
    inner: Scripted,
    *,
    purse: Purse,
    price: Price | None = PRICE,
    agent_bound: Decimal | None = ZERO,
    metered: bool = False,
) -> Gateway:
    return guarded(
        inner,
        price_of=lambda _: price,
        purse=purse,
        bound_of=lambda _: agent_bound,
        prepaid=lambda _: metered,
    )


async def outcomes(gateway: Gateway, calls: list[Request]) -> list[Decimal | FaultKind]:
    """What each call cost, or the fault it ended with."""

    async def one(call: Request) -> Decimal | FaultKind:
        try:
            return (await gateway.complete(call)).cost.usd
        except GatewayError as error:
            return error.fault.kind

    return list(await asyncio.gather(*map(one, calls)))


async def test_calls_are_made_until_the_next_one_might_not_be_affordable() -> None:
    inner = Scripted(used(10))
    found = await outcomes(budgeted(inner, purse=a_purse("0.35")), [a_call()] * 5)
    assert found == [10 * CENT] * 3 + [FaultKind.BUDGET] * 2
    assert inner.calls == 3


async def test_calls_that_cost_less_than_their_bound_make_room_for_others() -> None:
    inner = Scripted(used(2))
    found = await outcomes(budgeted(inner, purse=a_purse("0.20")), [a_call()] * 6)
    # 2 cents each: the sixth may cost 10 cents beside 10 spent, and fits exactly.
    assert found == [2 * CENT] * 6


async def test_concurrent_calls_never_overshoot_together() -> None:
    gate = asyncio.Event()
    inner = Scripted(used(10), gate=gate)
    work = asyncio.ensure_future(outcomes(budgeted(inner, purse=a_purse("0.25")), [a_call()] * 8))
    while inner.calls < 2:
        await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    assert inner.calls == 2  # The others wait: a third could make it 30 cents.
    gate.set()
    assert sorted(map(str, await work)) == ["0.10", "0.10"] + ["budget"] * 6


@pytest.mark.parametrize(
    ("fault", "settled"),
    [
        (Fault(kind=FaultKind.TIMEOUT, message="late", billed=True), 10 * CENT),
        (Fault(kind=FaultKind.BUDGET, message="dear", billed=True, usd=15 * CENT), 15 * CENT),
        (Fault(kind=FaultKind.AUTH, message="no", billed=False), 0 * CENT),
    ],
)
async def test_a_fault_settles_at_what_is_known_or_else_at_the_full_reservation(
    fault: Fault, settled: Decimal
) -> None:
    purse = a_purse("1")
    with pytest.raises(GatewayError):
        await budgeted(Scripted(fault), purse=purse).complete(a_call())
    assert spent(purse) == (settled, ZERO)


async def test_a_cancelled_call_settles_at_its_full_reservation() -> None:
    inner = Scripted("x", gate=asyncio.Event())
    purse = a_purse("1")
    call = asyncio.ensure_future(budgeted(inner, purse=purse).complete(a_call()))
    while not inner.calls:
        await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert spent(purse) == (10 * CENT, ZERO)


async def test_an_answer_without_usage_settles_at_its_full_reservation() -> None:
    purse = a_purse("1")
    gateway = budgeted(Scripted(replace(used(1), usage=None)), purse=purse)
    assert (await gateway.complete(a_call())).cost.unpriced_calls == 1
    assert spent(purse) == (10 * CENT, ZERO)


async def test_a_suite_spends_no_more_than_its_own_budget_and_others_go_on() -> None:
    gateway = budgeted(Scripted(used(10)), purse=a_purse("1", {"s.yaml": "0.15"}))
    calls = [a_call(), a_call(), a_call(suite="other.yaml")]
    assert await outcomes(gateway, calls) == [10 * CENT, FaultKind.BUDGET, 10 * CENT]


async def test_a_refusal_says_what_was_left_and_how_to_get_more() -> None:
    gateway = budgeted(Scripted(used(10)), purse=a_purse("0.05"))
    with pytest.raises(GatewayError) as caught:
        await gateway.complete(a_call())
    assert caught.value.message == (
        "a call may take $0.1, but of the $0.05 of the run (budget.runUsd) $0 are spent"
    )
    assert caught.value.fix == "raise budget.runUsd, lower max_tokens, or select fewer cases"


async def test_a_model_without_a_price_is_refused_under_a_budget() -> None:
    inner = Scripted("x")
    with pytest.raises(GatewayError) as caught:
        await budgeted(inner, purse=a_purse("1"), price=None).complete(a_call())
    assert caught.value.fault.kind is FaultKind.BUDGET
    assert caught.value.fix == "add models.openai/gpt-4o-mini.price to the configuration"
    assert inner.calls == 0


async def test_without_a_budget_an_unknown_price_is_counted_and_not_refused() -> None:
    gateway = budgeted(Scripted("x"), purse=a_purse(None), price=None)
    assert (await gateway.complete(a_call())).cost.unpriced_calls == 1


async def test_an_unknown_price_is_refused_only_where_there_is_a_limit() -> None:
    gateway = budgeted(Scripted("x"), purse=a_purse(None, {"s.yaml": "1"}), price=None)
    assert await outcomes(gateway, [a_call(), a_call(suite="other.yaml")]) == [
        FaultKind.BUDGET,
        ZERO,
    ]


async def test_a_free_model_runs_under_a_budget_of_nothing() -> None:
    gateway = budgeted(Scripted("x"), purse=a_purse("0"), price=FREE)
    assert (await gateway.complete(a_call())).cost.usd == 0


async def test_calls_are_limited_without_any_price() -> None:
    inner = Scripted("x")
    gateway = budgeted(inner, purse=a_purse(a_budget(calls=2)), price=None)
    assert await outcomes(gateway, [a_call()] * 3) == [ZERO, ZERO, FaultKind.BUDGET]
    assert inner.calls == 2


async def test_dollars_that_nothing_limits_are_remembered_for_a_budget_to_come() -> None:
    kept: list[Amount] = []

    class Ledger(Full):
        def reserve(self, most: Amount, *, who: Tags | None, model: str | None) -> int:
            kept.append(most)
            return len(kept)

        def settle(self, number: int, spent: Amount) -> None: ...

    purse = a_purse(a_budget(calls=2), ledger=Ledger())
    await budgeted(Scripted(used(1)), purse=purse).complete(a_call())
    assert kept[0].usd > 0


async def test_tokens_are_reserved_at_their_most_and_settled_at_what_was_used() -> None:
    most = most_tokens(a_call())
    purse = a_purse(a_budget(tokens=most + 20))
    gateway = budgeted(Scripted(used(9)), purse=purse, price=None)
    # 10 tokens each: after two of them 20 are spent, and one more would have room.
    assert await outcomes(gateway, [a_call()] * 4) == [ZERO] * 3 + [FaultKind.BUDGET]
    assert spent(purse, "tokens") == (Decimal(30), ZERO)


@pytest.mark.parametrize(
    ("reply", "settled"),
    [
        (Fault(kind=FaultKind.TIMEOUT, message="late", billed=True), 1.0),
        (Fault(kind=FaultKind.RATE_LIMIT, message="slow down"), 0.0),
        (replace(used(1), usage=None), 1.0),
    ],
)
async def test_tokens_of_a_call_that_tells_none_are_all_that_it_may_have_used(
    reply: Fault | Completion, settled: float
) -> None:
    purse = a_purse(a_budget(tokens=10_000, calls=9))
    await outcomes(budgeted(Scripted(reply), purse=purse), [a_call()])
    assert spent(purse, "tokens")[0] == settled * most_tokens(a_call())
    assert spent(purse, "calls") == (Decimal(1), ZERO)


@pytest.mark.parametrize(
    "reply",
    [
        replace(used(10), cached=True),
        Fault(kind=FaultKind.MISS, message="not on the cassette"),
    ],
)
async def test_what_comes_from_a_cassette_is_no_call(reply: Fault | Completion) -> None:
    purse = a_purse(a_budget("1", calls=1, tokens=10_000))
    await outcomes(budgeted(Scripted(reply), purse=purse), [a_call()] * 3)
    assert [spent(purse, key) for key in ("runUsd", "calls", "tokens")] == [(ZERO, ZERO)] * 3


async def test_a_comparison_of_texts_is_no_call_of_a_model() -> None:
    purse = a_purse(a_budget(calls=0, tokens=0))
    gateway = budgeted(Scripted("[]"), purse=purse, price=FREE)
    comparison = replace(a_call(), model=EMBEDDING_MODEL, max_tokens=0)
    assert await outcomes(gateway, [comparison]) == [ZERO]


async def test_an_agent_is_one_call_and_its_tokens_must_be_nobodys() -> None:
    purse = a_purse(a_budget(calls=1))
    gateway = budgeted(Scripted("x"), purse=purse, agent_bound=None)
    assert await outcomes(gateway, [an_agent_call()] * 2) == [ZERO, FaultKind.BUDGET]
    in_tokens = a_purse(a_budget(tokens=10**9))
    dear = budgeted(Scripted("x"), purse=in_tokens, agent_bound=CENT)
    assert await outcomes(dear, [an_agent_call()]) == [FaultKind.BUDGET]
    free = budgeted(Scripted("x"), purse=in_tokens, agent_bound=ZERO)
    assert await outcomes(free, [an_agent_call()]) == [ZERO]


async def test_a_lost_call_says_the_dollars_that_were_reserved_for_it() -> None:
    late = Fault(kind=FaultKind.TIMEOUT, message="late", billed=True)
    replies: Iterator[Completion | Fault] = iter([used(15), late])
    purse = a_purse("1")
    gateway = budgeted(Scripted(lambda _: next(replies)), purse=purse)
    await gateway.complete(a_call())  # 15 cents in place of 10: later ones reserve as much.
    with pytest.raises(GatewayError) as caught:
        await gateway.complete(a_call())
    fault = caught.value.fault
    assert (fault.usd, fault.assumed, fault.billed) == (15 * CENT, True, True)
    assert spent(purse) == (30 * CENT, ZERO)


async def test_only_the_call_that_overspent_loses_its_answer() -> None:
    gate = asyncio.Event()
    replies = iter([used(25), used(1)])

    async def slow(_: Request) -> Completion:
        reply = next(replies)
        await gate.wait()
        return reply

    inner = Scripted(slow)
    work = asyncio.ensure_future(outcomes(budgeted(inner, purse=a_purse("0.20")), [a_call()] * 2))
    while inner.calls < 2:
        await asyncio.sleep(0)
    gate.set()
    assert await work == [FaultKind.BUDGET, CENT]


async def test_a_ledger_that_cannot_be_written_ends_more_than_the_call() -> None:
    inner = Scripted(used(1))
    with pytest.raises(StoreError):
        await budgeted(inner, purse=a_purse("1", ledger=Full())).complete(a_call())
    assert inner.calls == 0


async def test_a_ledger_that_failed_behind_the_meter_ends_the_run_too() -> None:
    purse = a_purse("1", ledger=Full())

    async def behind(_: Request) -> Completion:
        with suppress(StoreError):  # As a child sees it: a call that failed.
            await purse.reserve(Amount(usd=CENT), who=None)
        return a_completion(cost=Cost(usd=3 * CENT))

    with pytest.raises(StoreError) as caught:
        await budgeted(Scripted(behind), purse=purse, metered=True).complete(an_agent_call())
    assert caught.value.cost == Cost(usd=3 * CENT), "what the agent had spent before"


async def test_closing_reaches_the_gateway_itself() -> None:
    inner = Scripted("x")
    await budgeted(inner, purse=a_purse("1")).close()
    assert inner.closed


async def test_an_agent_is_bound_by_its_declaration_and_settled_by_what_it_reports() -> None:
    purse = a_purse("0.25")
    inner = Scripted(a_completion(cost=Cost(usd=10 * CENT)))
    gateway = budgeted(inner, purse=purse, agent_bound=20 * CENT)
    # The second may cost 20 cents beside the 10 that are spent.
    assert await outcomes(gateway, [an_agent_call()] * 2) == [10 * CENT, FaultKind.BUDGET]
    assert spent(purse) == (10 * CENT, ZERO)


async def test_an_agent_that_was_to_tell_its_cost_and_does_not_is_no_free_answer() -> None:
    inner = Scripted(lambda _: a_completion(cost=Cost(unpriced_calls=1)))
    limited = budgeted(inner, purse=a_purse("0.01"), agent_bound=TOLD_AFTERWARDS)
    assert await outcomes(limited, [an_agent_call()]) == [FaultKind.BUDGET]
    unlimited = budgeted(inner, purse=a_purse(None), agent_bound=TOLD_AFTERWARDS)
    assert (await unlimited.complete(an_agent_call())).cost.unpriced_calls == 1


async def test_calls_that_tell_their_cost_afterwards_are_made_one_by_one() -> None:
    purse = a_purse("0.10")
    inner = Scripted(a_completion(cost=Cost(usd=4 * CENT)))
    gateway = budgeted(inner, purse=purse, agent_bound=TOLD_AFTERWARDS)
    ended = await outcomes(gateway, [an_agent_call()] * 5)
    # The third overspends: it is no answer, and none is made after it.
    assert ended == [4 * CENT, 4 * CENT, *[FaultKind.BUDGET] * 3]
    assert spent(purse) == (12 * CENT, ZERO)
    assert inner.most_in_flight == 1


async def test_the_call_that_overspends_says_what_it_cost() -> None:
    inner = Scripted(a_completion(cost=Cost(usd=3 * CENT)))
    gateway = budgeted(inner, purse=a_purse("0.02"), agent_bound=TOLD_AFTERWARDS)
    with pytest.raises(GatewayError, match=r"cost \$0\.03, .* \$0\.03 are spent") as caught:
        await gateway.complete(an_agent_call())
    assert caught.value.fault.usd == 3 * CENT


async def test_a_call_that_went_past_the_meter_is_no_free_answer() -> None:
    crashed = a_completion(cost=Cost(unpriced_calls=1), failure="ValueError: no such order")
    inner = Scripted(crashed)
    limited = budgeted(inner, purse=a_purse("0.01"), metered=True)
    with pytest.raises(GatewayError, match=r"came to its meter.*no such order"):
        await limited.complete(an_agent_call())


async def test_an_agent_that_reports_more_than_was_reserved_is_booked_in_full() -> None:
    purse = a_purse("0.25")
    inner = Scripted(a_completion(cost=Cost(usd=30 * CENT)))
    gateway = budgeted(inner, purse=purse, agent_bound=5 * CENT)
    assert await outcomes(gateway, [an_agent_call()]) == [FaultKind.BUDGET]
    assert spent(purse) == (30 * CENT, ZERO)
    assert await outcomes(gateway, [an_agent_call()]) == [FaultKind.BUDGET]


async def test_what_an_agent_cost_is_never_guessed_from_a_price() -> None:
    known = Cost(usd=3 * CENT, unpriced_calls=1)
    inner = Scripted(replace(used(10), cost=known))
    gateway = budgeted(inner, purse=a_purse(None))
    assert (await gateway.complete(an_agent_call())).cost == known


@pytest.mark.parametrize(("bound", "settled"), [(1 * CENT, 3 * CENT), (5 * CENT, 5 * CENT)])
async def test_an_agent_of_partly_unknown_cost_settles_at_whatever_is_more(
    bound: Decimal, settled: Decimal
) -> None:
    purse = a_purse("1")
    inner = Scripted(a_completion(cost=Cost(usd=3 * CENT, unpriced_calls=1)))
    await budgeted(inner, purse=purse, agent_bound=bound).complete(an_agent_call())
    assert spent(purse) == (settled, ZERO)


async def test_a_metered_agent_is_not_charged_a_second_time() -> None:
    purse = a_purse("0.25")
    inner = Scripted(a_completion(cost=Cost(usd=10 * CENT)))
    gateway = budgeted(inner, purse=purse, agent_bound=None, metered=True)
    assert await outcomes(gateway, [an_agent_call()]) == [10 * CENT]
    assert spent(purse) == (ZERO, ZERO)


async def test_only_agents_can_be_metered() -> None:
    purse = a_purse("0.25")
    await budgeted(Scripted(used(10)), purse=purse, metered=True).complete(a_call())
    assert spent(purse) == (10 * CENT, ZERO)


async def test_an_agent_of_unknown_cost_is_refused_under_a_budget() -> None:
    inner = Scripted("x")
    gateway = budgeted(inner, purse=a_purse("1"), agent_bound=None)
    with pytest.raises(GatewayError) as caught:
        await gateway.complete(an_agent_call())
    assert caught.value.fault.kind is FaultKind.BUDGET
    fix = "add agents.bot.maxUsdPerCall, usage or meter to the configuration"
    assert caught.value.fix == fix
    assert inner.calls == 0


costs = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 20)), min_size=1, max_size=12)


@given(costs, st.integers(0, 100), st.integers(1, 5))
def test_whatever_the_calls_cost_the_limit_holds(
    calls: list[tuple[int, int]], limit: int, concurrency: int
) -> None:
    async def scenario() -> Decimal:
        replies = iter(calls)

        def script(request: Request) -> Completion:
            return used(min(next(replies)[1], request.max_tokens))

        purse = a_purse(str(limit * CENT))
        gateway = budgeted(Scripted(script), purse=purse)
        waiting = iter(calls)

        async def worker() -> None:
            for most, _ in waiting:
                await outcomes(gateway, [a_call(max_tokens=most)])

        await asyncio.gather(*(worker() for _ in range(concurrency)))
        settled, reserved = spent(purse)
        assert reserved == 0
        return settled

    assert asyncio.run(scenario()) <= limit * CENT


async def cost_of_cancelled(gateway: Gateway, call: Request) -> Cost:
    """What a call that is cancelled as soon as nothing moves any more is taken to cost."""
    work = asyncio.ensure_future(gateway.complete(call))
    await idle()
    work.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await work
    return cost_when_cut_off(caught.value)


@pytest.mark.parametrize("usd", ["1", None])
async def test_a_call_that_is_cut_off_is_told_at_what_the_purse_takes_it_for(
    usd: str | None,
) -> None:
    purse = a_purse(usd)
    gateway = budgeted(Scripted("never", gate=asyncio.Event()), purse=purse)
    cost = await cost_of_cancelled(gateway, a_call(7))
    assert cost == Cost(usd=7 * CENT, assumed_calls=1)
    assert usd is None or spent(purse) == (cost.usd, ZERO)


async def test_a_call_that_is_cut_off_costs_nothing_while_it_waits_for_money() -> None:
    purse = a_purse("0.10")
    gateway = budgeted(Scripted("never", gate=asyncio.Event()), purse=purse)
    first = asyncio.ensure_future(gateway.complete(a_call(7)))
    await idle()
    assert await cost_of_cancelled(gateway, a_call(7)) == Cost()
    first.cancel()
    with pytest.raises(CutOffError):
        await first


@pytest.mark.parametrize(("price", "cost"), [(None, Cost(unpriced_calls=1)), (FREE, Cost())])
async def test_a_call_that_is_cut_off_is_free_or_of_unknown_cost_as_its_model_is(
    price: Price | None, cost: Cost
) -> None:
    inner = Scripted("never", gate=asyncio.Event())
    gateway = budgeted(inner, purse=a_purse(None), price=price)
    assert await cost_of_cancelled(gateway, a_call(7)) == cost


async def test_a_call_that_is_cut_off_is_told_with_what_was_learned_of_its_model() -> None:
    purse = a_purse("1")
    held = asyncio.Event()

    async def script(request: Request) -> Completion:
        if request.max_tokens == 7:
            await held.wait()
        return used(20)

    gateway = budgeted(Scripted(script), purse=purse)
    await gateway.complete(a_call(10))  # Twice its bound.
    cost = await cost_of_cancelled(gateway, a_call(7))
    assert cost == Cost(usd=14 * CENT, assumed_calls=1)
    assert spent(purse) == (34 * CENT, ZERO)
