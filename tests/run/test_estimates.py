from itertools import combinations
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.run.estimates import pass_at_k, pass_hat_k, repeat_figures


@given(n=st.integers(1, 7), data=st.data())
def test_both_estimates_are_the_share_of_all_choices_of_k_trials(
    n: int, data: st.DataObject
) -> None:
    passed, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    trials = [index < passed for index in range(n)]
    choices = list(combinations(trials, k))
    assert isclose(pass_at_k(n, passed, k), sum(map(any, choices)) / len(choices), abs_tol=1e-12)
    assert isclose(pass_hat_k(n, passed, k), sum(map(all, choices)) / len(choices), abs_tol=1e-12)


def test_the_estimates_agree_with_those_of_the_papers() -> None:
    # 1 - C(7,5)/C(10,5), and C(3,2)/C(5,2).
    assert pass_at_k(10, 3, 5) == pytest.approx(1 - 21 / 252)
    assert pass_hat_k(5, 3, 2) == pytest.approx(3 / 10)
    assert pass_at_k(1000, 1, 500) == pytest.approx(0.5)


def test_figures_are_means_over_cases() -> None:
    figures = repeat_figures({(2, 2): 1, (2, 1): 1, (2, 0): 2})
    told = [(f.k, f.any_passes, f.all_pass, f.cases) for f in figures]
    assert told == [(1, 0.375, 0.375, 4), (2, 0.5, 0.25, 4)]


def test_a_larger_k_is_told_of_the_cases_that_have_as_many_trials() -> None:
    figures = repeat_figures({(2, 2): 1, (3, 2): 1})
    assert [(figure.k, figure.cases) for figure in figures] == [(1, 2), (2, 2), (3, 1)]


def test_of_many_repeats_some_ks_are_told_and_always_the_largest() -> None:
    ks = [figure.k for figure in repeat_figures({(75, 60): 1})]
    assert ks == [*range(1, 11), 20, 50, 75]
    assert [figure.k for figure in repeat_figures({(2, 1): 1})] == [1, 2]


def test_nothing_is_told_where_nothing_was_repeated() -> None:
    assert [*repeat_figures({})] == []
