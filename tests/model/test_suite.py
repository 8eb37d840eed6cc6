from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.model.suite import Budget

dollars = st.decimals(min_value=0, max_value=10_000, places=6)
weights = st.lists(st.integers(0, 1_000), min_size=1, max_size=9).filter(any)


@given(dollars, st.integers(0, 10**9), weights)
def test_parts_that_know_those_before_them_make_up_the_whole(
    usd: Decimal, calls: int, shares: list[int]
) -> None:
    whole = Budget(run_usd=usd, calls=calls, tokens=calls, usd_per_hour=usd)
    total = sum(shares)
    parts = [
        whole.part(Fraction(share, total), after=Fraction(sum(shares[:place]), total))
        for place, share in enumerate(shares)
    ]
    assert sum(part.run_usd or 0 for part in parts) == usd
    assert sum(part.usd_per_hour or 0 for part in parts) == usd
    assert sum(part.calls or 0 for part in parts) == calls
    assert sum(part.tokens or 0 for part in parts) == calls


@given(dollars, st.integers(0, 10**9), weights)
def test_parts_that_do_not_know_of_each_other_never_exceed_the_whole(
    usd: Decimal, calls: int, shares: list[int]
) -> None:
    whole = Budget(run_usd=usd, calls=calls)
    parts = [whole.part(Fraction(share, sum(shares))) for share in shares]
    assert usd - Decimal("1e-10") <= sum(part.run_usd or 0 for part in parts) <= usd
    assert calls - len(shares) < sum(part.calls or 0 for part in parts) <= calls


def test_a_part_has_every_limit_that_the_whole_has_and_a_case_its_own() -> None:
    whole = Budget(run_usd=Decimal("0.1"), case_usd=Decimal("0.02"), calls=10)
    assert whole.part(Fraction(1, 3)) == Budget(
        run_usd=Decimal("0.033333333333"), case_usd=Decimal("0.02"), calls=3
    )
    assert Budget().part(Fraction(1, 3)) == Budget()


def test_dollars_are_limited_by_any_limit_of_them() -> None:
    one = Decimal(1)
    limited = (Budget(run_usd=one), Budget(case_usd=one), Budget(usd_per_hour=Decimal(0)))
    assert all(budget.limits_usd for budget in limited)
    assert not Budget(calls=1, tokens=1).limits_usd
