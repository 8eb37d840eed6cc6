import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.intervals import wilson
from agentops_cli.judge.agreement import LABELS, OPINIONS, Agreement


def an_agreement(*rows: tuple[int, int, int]) -> Agreement:
    """Counts by label (good, bad), each judged good, bad and not at all."""
    return Agreement(
        counts={
            (label, opinion): count
            for label, row in zip(LABELS, rows, strict=True)
            for opinion, count in zip(OPINIONS, row, strict=True)
        }
    )


AGREEMENTS = st.builds(an_agreement, *[st.tuples(*[st.integers(0, 30)] * 3)] * 2).filter(
    lambda agreement: agreement.n
)


def test_the_example_of_the_literature() -> None:
    # Wikipedia's first one, "Cohen's kappa", 50 applications: 20 + 15 of 50 agreed, kappa 0.4.
    found = an_agreement((20, 5, 0), (10, 15, 0))
    assert found.accuracy == 0.7
    assert found.kappa == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("rows", "kappa"),
    [
        (((5, 0, 0), (0, 5, 0)), 1.0),
        (((0, 5, 0), (5, 0, 0)), -1.0),
        (((5, 0, 0), (5, 0, 0)), 0.0),
        (((0, 0, 5), (0, 0, 5)), 0.0),
        (((3, 2, 0), (1, 4, 0)), 0.4),
        (((5, 0, 0), (0, 0, 5)), 1 / 3),
        (((5, 0, 0), (0, 0, 0)), None),
        (((0, 0, 0), (0, 0, 0)), None),
    ],
)
def test_kappa_of_plain_cases(rows: tuple[tuple[int, int, int], ...], kappa: float | None) -> None:
    found = an_agreement(*rows).kappa
    assert found == (None if kappa is None else pytest.approx(kappa))


def test_seven_of_ten_reach_a_least_kappa_of_exactly_0_4() -> None:
    found = an_agreement((4, 1, 0), (2, 3, 0))
    assert found.kappa == 0.4


@given(AGREEMENTS)
def test_kappa_lies_in_its_interval_and_both_within_bounds(agreement: Agreement) -> None:
    kappa, interval = agreement.kappa, agreement.kappa_interval
    if kappa is None:
        assert interval is None
        return
    assert interval is not None
    low, high = interval
    assert -1 <= low <= kappa + 1e-9
    assert kappa - 1e-9 <= high <= 1
    assert agreement.accuracy is not None
    assert kappa <= agreement.accuracy + 1e-9


@given(st.integers(0, 20), st.integers(0, 20))
def test_with_as_many_of_each_label_the_interval_is_wilsons(right: int, wrong: int) -> None:
    found = an_agreement((right, 20 - right, 0), (wrong, 20 - wrong, 0))
    low, high = wilson(found.agreed, 40)
    assert found.kappa_interval is not None
    assert found.kappa_interval == pytest.approx((2 * low - 1, 2 * high - 1))


def test_an_abstention_is_a_disagreement() -> None:
    sure = an_agreement((10, 0, 0), (0, 10, 0))
    unsure = an_agreement((5, 0, 5), (0, 5, 5))
    assert (unsure.n, unsure.agreed, unsure.abstained) == (20, 10, 10)
    assert unsure.kappa is not None
    assert sure.kappa is not None
    assert unsure.kappa < 0.4 < sure.kappa


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (((10, 0, 0), (0, 10, 0)), None),
        (((9, 1, 0), (1, 9, 0)), None),
        (((14, 6, 0), (6, 14, 0)), None),
        (((10, 0, 0), (10, 0, 0)), "its kappa is 0.00, and at least 0.4 is asked for"),
        (((0, 10, 0), (10, 0, 0)), "its kappa is -1.00"),
        (((699, 301, 0), (300, 700, 0)), "its kappa is 0.399, and at least 0.4 is asked for"),
        (((4, 1, 0), (1, 4, 0)), "its kappa of 0.60 may be luck"),
        (((5, 0, 0), (0, 0, 0)), "not defined"),
    ],
)
def test_who_falls_short(rows: tuple[tuple[int, int, int], ...], why: str | None) -> None:
    found = an_agreement(*rows).falls_short(0.4)
    assert found is None if why is None else why in (found or "")


def test_a_coin_is_taken_for_a_judge_less_often_than_once_in_thirty_times() -> None:
    """By the exact chances of a judge that is right by a toss, for any number of labels."""
    for each in (5, 10, 20, 50):
        luck = sum(
            math.comb(each, a) * math.comb(each, b) / 4**each
            for a in range(each + 1)
            for b in range(each + 1)
            if an_agreement((a, each - a, 0), (each - b, b, 0)).falls_short(0.1) is None
        )
        assert luck < 1 / 30


def test_the_interval_holds_the_true_kappa_as_often_as_it_claims() -> None:
    """Simulated: judges of known skill on 10 to 40 labels, seeded."""
    chance = random.Random(7)  # noqa: S311 # A simulation.
    for each, right_good, right_bad in ((5, 0.8, 0.8), (10, 0.95, 0.6), (20, 0.95, 0.95)):
        true = right_good + right_bad - 1  # With as many of each label.
        held = 0
        for _ in range(1_000):
            a = sum(chance.random() < right_good for _ in range(each))
            b = sum(chance.random() < right_bad for _ in range(each))
            low, high = an_agreement((a, each - a, 0), (each - b, b, 0)).kappa_interval or (0, 0)
            held += low <= true <= high
        assert held >= 900
