"""Tests of the paired bootstrap: by what has to hold, and by how often the interval is right."""

from random import Random

import pytest

from agentops_cli.statistics.bootstrap import mean, quantile, shift


def test_a_change_that_all_cases_share_has_no_width() -> None:
    pairs = [([float(n)], [n + 3.0]) for n in range(20)]

    found = shift(pairs, mean)

    assert found is not None
    assert (found.before, found.after, found.change, found.cases) == (9.5, 12.5, 3.0, 20)
    assert (found.low, found.high) == pytest.approx((3.0, 3.0))
    assert found.is_shown


def test_the_same_cases_give_the_same_interval() -> None:
    pairs = [([n % 7.0], [n % 5.0]) for n in range(30)]

    assert shift(pairs, quantile(0.95)) == shift(pairs, quantile(0.95))


def test_cases_that_were_measured_on_one_side_only_are_left_out() -> None:
    found = shift([([1.0], [2.0]), ([], [900.0]), ([900.0], [])], mean)

    assert found is not None
    assert (found.before, found.after, found.cases) == (1.0, 2.0, 1)


@pytest.mark.parametrize("pairs", [[], [([], [1.0])]])
def test_nothing_is_told_where_nothing_was_measured(
    pairs: list[tuple[list[float], list[float]]],
) -> None:
    assert shift(pairs, mean) is None


def test_percentiles_are_of_all_repeats_together() -> None:
    found = shift([([1.0, 2.0], [3.0]), ([9.0], [5.0, 7.0])], quantile(0.5))

    assert found is not None
    assert (found.before, found.after) == (2.0, 5.0)


def test_an_interval_misses_the_true_change_about_as_often_as_it_says() -> None:
    random = Random(7)  # noqa: S311 # It is to be the same each time, and no secret.
    misses = 0
    for at in range(40):
        pairs = []
        for _ in range(25):
            common = random.gauss(10, 5)
            pairs.append(([common + random.gauss(0, 1)], [common + 1 + random.gauss(0, 1)]))
        found = shift(pairs, mean, seed=at)
        assert found is not None
        misses += not found.low <= 1 <= found.high

    assert misses <= 7  # 5% of 40 is 2; more than 7 is a matter of one in a thousand.
