"""Tokens and dollars add up exactly, and a bound is never below the bill."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.model.money import (
    FREE,
    MOST_TOKENS,
    ZERO,
    Cost,
    Price,
    Rates,
    Usage,
    is_tokens,
)
from tests.strategies import usages

# As providers bill: what is cached or reasoned is part of the whole.
tokens = st.integers(min_value=0, max_value=10**7)
# A millionth of a millionth of a dollar is finer than any price, and sums of it stay exact.
costs = st.builds(
    Cost, usd=st.decimals(min_value=0, max_value=10**6, places=12), unpriced_calls=tokens
)
per_token = st.decimals(min_value=0, max_value=1, places=9)
rates = st.builds(
    Rates,
    input_usd=per_token,
    output_usd=per_token,
    cached_input_usd=st.none() | per_token,
    reasoning_usd=st.none() | per_token,
)
prices = st.builds(
    Price,
    rates=rates,
    tiers=st.lists(st.tuples(tokens, rates), max_size=3).map(
        lambda tiers: tuple(sorted(tiers, key=lambda tier: tier[0]))
    ),
    per_call_usd=per_token,
)


@st.composite
def billed(draw: st.DrawFn) -> Usage:
    """A usage whose parts do not exceed their whole."""
    input_tokens, output_tokens = draw(tokens), draw(tokens)
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_input_tokens=draw(st.integers(0, input_tokens)),
        reasoning_tokens=draw(st.integers(0, output_tokens)),
    )


@given(usages, usages, usages)
def test_usage_adds_in_any_order_with_nothing_as_zero(a: Usage, b: Usage, c: Usage) -> None:
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a + Usage() == a


@given(usages, usages)
def test_every_count_of_a_usage_is_added(a: Usage, b: Usage) -> None:
    total = a + b
    for name in Usage.__slots__:
        assert getattr(total, name) == getattr(a, name) + getattr(b, name)
    assert total.total_tokens == a.total_tokens + b.total_tokens


@given(costs, costs, costs)
def test_costs_add_in_any_order_with_nothing_as_zero(a: Cost, b: Cost, c: Cost) -> None:
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a + Cost() == a


def test_an_unpriced_call_adds_no_dollars_and_stays_visible() -> None:
    total = Cost(usd=Decimal("0.1")) + Cost(unpriced_calls=1) + Cost(usd=Decimal("0.2"))
    assert total == Cost(usd=Decimal("0.3"), unpriced_calls=1)


@given(prices, billed(), tokens, tokens)
def test_a_bound_is_never_below_the_bill(price: Price, usage: Usage, more: int, spare: int) -> None:
    bound = price.bound(
        input_tokens=usage.input_tokens + more, output_tokens=usage.output_tokens + spare
    )
    assert bound >= price.cost_of(usage)


@given(prices)
def test_no_tokens_cost_what_a_call_costs(price: Price) -> None:
    assert price.cost_of(Usage()) == price.per_call_usd


RATES = Rates(
    input_usd=Decimal("0.01"),
    output_usd=Decimal("0.10"),
    cached_input_usd=Decimal("0.001"),
    reasoning_usd=Decimal("0.20"),
)


@pytest.mark.parametrize(
    ("usage", "dollars"),
    [
        (Usage(input_tokens=100), "1.00"),
        (Usage(output_tokens=100), "10.00"),
        (Usage(input_tokens=100, cached_input_tokens=100), "0.1"),
        (Usage(input_tokens=100, cached_input_tokens=40), "0.64"),
        (Usage(output_tokens=100, reasoning_tokens=50), "15"),
    ],
)
def test_each_kind_of_token_pays_its_own_rate(usage: Usage, dollars: str) -> None:
    assert RATES.cost_of(usage) == Decimal(dollars)


def test_without_a_rate_of_their_own_they_pay_that_of_the_whole() -> None:
    plain = Rates(input_usd=Decimal(1), output_usd=Decimal(2))
    usage = Usage(input_tokens=3, cached_input_tokens=2, output_tokens=5, reasoning_tokens=4)
    assert plain.cost_of(usage) == 13


@pytest.mark.parametrize(("input_tokens", "dollars"), [(99, 99), (100, 100), (101, 202)])
def test_above_a_size_the_whole_call_pays_the_tier(input_tokens: int, dollars: int) -> None:
    price = Price(
        rates=Rates(input_usd=Decimal(1), output_usd=ZERO),
        tiers=((100, Rates(input_usd=Decimal(2), output_usd=ZERO)),),
    )
    assert price.cost_of(Usage(input_tokens=input_tokens)) == dollars


def test_a_bound_counts_a_cheaper_tier_out() -> None:
    """Crossing into a cheaper tier must not lower what is reserved for fewer tokens."""
    price = Price(
        rates=Rates(input_usd=Decimal(2), output_usd=ZERO),
        tiers=((100, Rates(input_usd=Decimal(1), output_usd=ZERO)),),
    )
    assert price.bound(input_tokens=101, output_tokens=0) == 202


@given(billed())
def test_what_is_free_costs_nothing(usage: Usage) -> None:
    assert FREE.cost_of(usage) == 0
    assert FREE.bound(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens) == 0


@pytest.mark.parametrize("value", [0, 7, MOST_TOKENS])
def test_a_whole_number_that_a_call_may_have_is_a_count(value: int) -> None:
    assert is_tokens(value)


@pytest.mark.parametrize("value", [MOST_TOKENS + 1, 2**53, 10**40, -1, 7.0, True, "7", None, [7]])
def test_anything_else_is_no_count_of_tokens(value: object) -> None:
    assert not is_tokens(value)
