"""Tests of paired shares, against published values where there are any."""

from itertools import product
from math import comb

import pytest

from agentops_cli.statistics.paired import (
    Pairs,
    change_interval,
    mid_p,
    needed_discordant,
    visible_drop,
)

# Bentur et al. 2009 and Cavo et al. 2012, as in Fagerland, Lydersen and Laake, Statistical Analysis
# of Contingency Tables (CRC Press 2017), chapter 8: rows are before, columns after.
BENTUR = Pairs(both_pass=1, broken=1, fixed=7, both_fail=12)
CAVO = Pairs(both_pass=59, broken=6, fixed=16, both_fail=80)


@pytest.mark.parametrize(
    ("broken", "fixed", "expected"),
    [
        pytest.param(1, 7, 0.0390625, id="Bentur"),
        pytest.param(6, 16, 0.034690, id="Cavo"),
        pytest.param(16, 6, 0.034690, id="the other way round"),
        pytest.param(0, 0, 1, id="nothing differs"),
        pytest.param(1, 1, 1 - 0.25, id="as many each way"),
        pytest.param(5, 0, 0.03125, id="five one way"),
    ],
)
def test_the_mid_p_value_is_the_published_one(broken: int, fixed: int, expected: float) -> None:
    assert mid_p(broken, fixed) == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize(
    ("pairs", "change", "low", "high"),
    [
        # The package contingencytables of R gives -0.0621, and -0.1186 to -0.0046, for before less
        # after.
        pytest.param(CAVO, 0.0621, 0.0046, 0.1186, id="Cavo"),
        pytest.param(BENTUR, 0.286, 0.026, 0.507, id="Bentur"),
    ],
)
def test_the_interval_is_the_published_one(
    pairs: Pairs, change: float, low: float, high: float
) -> None:
    assert pairs.change == pytest.approx(change, abs=5e-4)
    assert change_interval(pairs) == pytest.approx((low, high), abs=5e-4)


def test_intervals_hold_the_change_and_mirror_each_other() -> None:
    for both_pass, broken, fixed, both_fail in product(range(0, 13, 4), range(4), range(4), (0, 5)):
        pairs = Pairs(both_pass=both_pass, broken=broken, fixed=fixed, both_fail=both_fail)
        mirrored = Pairs(both_pass=both_pass, broken=fixed, fixed=broken, both_fail=both_fail)
        if not pairs.total:
            continue
        low, high = change_interval(pairs)
        assert -1 <= low <= pairs.change <= high <= 1
        assert low < high
        assert change_interval(mirrored) == pytest.approx((-high, -low))


def test_without_a_pair_the_interval_is_the_whole_range() -> None:
    assert change_interval(Pairs()) == (-1.0, 1.0)


def test_the_mid_p_value_of_very_many_pairs_goes_on_where_the_exact_one_ends() -> None:
    assert mid_p(520, 480) == pytest.approx(mid_p(521, 481), abs=2e-3)


def test_five_cases_have_to_break_before_that_is_no_coincidence() -> None:
    assert needed_discordant() == 5
    assert mid_p(4, 0) >= 0.05


@pytest.mark.parametrize("total", [5, 12, 30, 200])
def test_a_drop_that_can_be_seen_is_found_as_often_as_that_is_said(total: int) -> None:
    drop = visible_drop(total)
    assert drop is not None
    missed = sum(comb(total, n) * drop**n * (1 - drop) ** (total - n) for n in range(5))
    assert 1 - missed == pytest.approx(0.8, abs=1e-6)


def test_too_few_pairs_can_show_no_drop_at_all() -> None:
    assert visible_drop(4) is None


def test_more_pairs_show_smaller_drops() -> None:
    drops = [visible_drop(total) or 1.0 for total in (5, 10, 30, 100, 1_000)]
    assert drops == sorted(drops, reverse=True)
