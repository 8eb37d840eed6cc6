import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.scripted import Scripted
from agentops_cli.guards.budget import Budgeted, most_input_tokens, most_usd
from agentops_cli.guards.meter import Metered
from agentops_cli.guards.stack import guarded
from agentops_cli.model.call import Completion, Fault, FaultKind, Request, Tags
from agentops_cli.model.money import FREE, ZERO, Price, Rates, Usage
from agentops_cli.model.prompt import Message, Sampling
from tests.builders import a_completion, a_request

CENT = Decimal("0.01")
# One cent an output token and nothing for input: a call of n tokens costs n cents.
PRICE = Price(rates=Rates(input_usd=Decimal(0), output_usd=CENT))


def used(tokens: int) -> Completion:
    return a_completion(usage=Usage(input_tokens=1, output_tokens=tokens))


def a_call(max_tokens: int = 10, suite: str = "s.yaml") -> Request:
    return a_request(max_tokens=max_tokens, tags=Tags(suite=suite, case_id="c"))


def budgeted(inner: Scripted, *, run_usd: str, suites: dict[str, str] | None = None) -> Budgeted:
    return Budgeted(
        Metered(inner, price_of=lambda _: PRICE),
        price_of=lambda _: PRICE,
        run_usd=Decimal(run_usd),
        suite_usd={path: Decimal(usd) for path, usd in (suites or {}).items()},
    )


async def outcomes(gateway: Budgeted, calls: list[Request]) -> list[Decimal | FaultKind]:
    """What each call cost, or the fault it ended with."""

    async def one(call: Request) -> Decimal | FaultKind:
        try:
            return (await gateway.complete(call)).cost.usd
        except GatewayError as error:
            return error.fault.kind

    return list(await asyncio.gather(*map(one, calls)))


async def test_calls_are_made_until_the_next_one_might_not_be_affordable() -> None:
    inner = Scripted(used(10))
    found = await outcomes(budgeted(inner, run_usd="0.35"), [a_call()] * 5)
    assert found == [10 * CENT] * 3 + [FaultKind.BUDGET] * 2
    assert inner.calls == 3


async def test_calls_that_cost_less_than_their_bound_make_room_for_others() -> None:
    inner = Scripted(used(2))
    found = await outcomes(budgeted(inner, run_usd="0.20"), [a_call()] * 6)
    # 2 cents each: the sixth may cost 10 cents beside 10 spent, and fits exactly.
    assert found == [2 * CENT] * 6


async def test_concurrent_calls_never_overshoot_together() -> None:
    gate = asyncio.Event()
    inner = Scripted(used(10), gate=gate)
    work = asyncio.ensure_future(outcomes(budgeted(inner, run_usd="0.25"), [a_call()] * 8))
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
        (Fault(kind=FaultKind.AUTH, message="no", billed=False), 0 * CENT),
    ],
)
async def test_a_call_that_may_have_been_billed_settles_at_its_full_reservation(
    fault: Fault, settled: Decimal
) -> None:
    gateway = budgeted(Scripted(fault), run_usd="1")
    with pytest.raises(GatewayError):
        await gateway.complete(a_call())
    assert gateway._run is not None
    assert (gateway._run.spent_usd, gateway._run.reserved_usd) == (settled, ZERO)


async def test_a_cancelled_call_settles_at_its_full_reservation() -> None:
    inner = Scripted("x", gate=asyncio.Event())
    gateway = budgeted(inner, run_usd="1")
    call = asyncio.ensure_future(gateway.complete(a_call()))
    while not inner.calls:
        await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert gateway._run is not None
    assert (gateway._run.spent_usd, gateway._run.reserved_usd) == (10 * CENT, ZERO)


async def test_an_answer_without_usage_settles_at_its_full_reservation() -> None:
    gateway = budgeted(Scripted(replace(used(1), usage=None)), run_usd="1")
    completion = await gateway.complete(a_call())
    assert completion.cost.unpriced_calls == 1
    assert gateway._run is not None
    assert gateway._run.spent_usd == 10 * CENT


async def test_a_suite_spends_no_more_than_its_own_budget_and_others_go_on() -> None:
    gateway = budgeted(Scripted(used(10)), run_usd="1", suites={"s.yaml": "0.15"})
    calls = [a_call(), a_call(), a_call(suite="other.yaml")]
    assert await outcomes(gateway, calls) == [10 * CENT, FaultKind.BUDGET, 10 * CENT]


async def test_a_refusal_says_what_was_left_and_how_to_get_more() -> None:
    gateway = budgeted(Scripted(used(10)), run_usd="0.05")
    with pytest.raises(GatewayError) as caught:
        await gateway.complete(a_call())
    assert caught.value.message == (
        "a call may cost $0.1, but of the $0.05 of the run $0 are spent"
    )
    assert caught.value.fix == "raise the budget, lower max_tokens, or select fewer cases"


async def test_a_model_without_a_price_is_refused_under_a_budget() -> None:
    inner = Scripted("x")
    gateway = guarded(inner, price_of=lambda _: None, run_usd=Decimal(1), suite_usd={})
    with pytest.raises(GatewayError) as caught:
        await gateway.complete(a_call())
    assert caught.value.fault.kind is FaultKind.BUDGET
    assert inner.calls == 0


async def test_without_a_budget_an_unknown_price_is_counted_and_not_refused() -> None:
    gateway = guarded(Scripted("x"), price_of=lambda _: None, run_usd=None, suite_usd={})
    assert (await gateway.complete(a_call())).cost.unpriced_calls == 1


async def test_a_free_model_runs_under_a_budget_of_nothing() -> None:
    gateway = guarded(Scripted("x"), price_of=lambda _: FREE, run_usd=Decimal(0), suite_usd={})
    assert (await gateway.complete(a_call())).cost.usd == 0


async def test_closing_reaches_the_gateway_itself() -> None:
    inner = Scripted("x")
    await guarded(inner, price_of=lambda _: None, run_usd=Decimal(1), suite_usd={}).close()
    assert inner.closed


costs = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 20)), min_size=1, max_size=12)


@given(costs, st.integers(0, 100), st.integers(1, 5))
def test_whatever_the_calls_cost_the_limit_holds(
    calls: list[tuple[int, int]], limit: int, concurrency: int
) -> None:
    async def scenario() -> Decimal:
        replies = iter(calls)

        def script(request: Request) -> Completion:
            return used(min(next(replies)[1], request.max_tokens))

        gateway = budgeted(Scripted(script), run_usd=str(limit * CENT))
        waiting = iter(calls)

        async def worker() -> None:
            for most, _ in waiting:
                await outcomes(gateway, [a_call(max_tokens=most)])

        await asyncio.gather(*(worker() for _ in range(concurrency)))
        assert gateway._run is not None
        assert gateway._run.reserved_usd == 0
        return gateway._run.spent_usd

    assert asyncio.run(scenario()) <= limit * CENT


@given(st.lists(st.text(), max_size=4), st.integers(1, 1000))
def test_the_bound_counts_every_byte_of_every_message(texts: list[str], tokens: int) -> None:
    request = a_request(
        messages=tuple(Message(role="user", content=text) for text in texts), max_tokens=tokens
    )
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    assert most_input_tokens(request) >= size + 4 * len(texts)
    per_input: Callable[[int], Price] = lambda usd: Price(  # noqa: E731 # Read as a formula.
        rates=Rates(input_usd=Decimal(usd), output_usd=Decimal(0))
    )
    assert most_usd(request, per_input(1)) == most_input_tokens(request)


@pytest.mark.parametrize(
    "beside",
    [
        {"response_schema": {"type": "object", "description": "x" * 500}},
        {"sampling": Sampling(extra={"tools": ["x" * 500]})},
        {"sampling": Sampling(stop=("x" * 500,))},
    ],
)
def test_what_is_sent_beside_the_messages_counts_as_input(beside: dict[str, Any]) -> None:
    plain = a_request()
    assert most_input_tokens(replace(plain, **beside)) >= most_input_tokens(plain) + 500
