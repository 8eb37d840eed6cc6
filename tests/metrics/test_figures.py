import random
from collections import Counter

import pytest

from agentops_cli.intervals import wilson_of
from agentops_cli.metrics.figures import estimate, f1_of_one, share, size_of_mean
from agentops_cli.model.metric import Cell
from tests.metrics.observing import LABELS, a_classification, value


def test_a_share_of_nothing_says_why() -> None:
    figure = share("accuracy", 0, 0, undefined="no answer was judged")
    assert figure.value is None
    assert str(figure) == "undefined (no answer was judged)"


def test_a_figure_shows_its_interval_and_its_size() -> None:
    assert str(share("accuracy", 9, 10, undefined="")) == "0.900 (95%: 0.596 to 0.982, n = 10)"


def test_the_f1_of_one_label_has_the_transformed_interval() -> None:
    figure = f1_of_one("f1.bug", 10, 0, 0, undefined="")
    low = 10 / 13.8414588
    assert figure.low == pytest.approx(2 * low / (1 + low))
    assert figure.high == 1.0


def test_a_mean_of_equal_parts_is_worth_all_of_them() -> None:
    assert size_of_mean({"a": 0.5, "b": 0.5}, {"a": 20, "b": 20}) == pytest.approx(40)
    assert size_of_mean({"a": 0.5, "b": 0.5}, {"a": 2000, "b": 2}) < 8


def test_an_estimate_without_variance_still_has_a_width() -> None:
    figure = estimate("macroF1", 1.0, n=10, moves=[(10, 0.0)], most=20)
    assert figure.low == pytest.approx(20 / 23.8414588)
    assert figure.high == 1.0


def test_an_estimate_is_no_surer_than_its_parts_together() -> None:
    figure = estimate("macroF1", 0.5, n=10, moves=[(1, 0.01)], most=20)
    assert (figure.low, figure.high) == wilson_of(0.5, 20)


@pytest.mark.parametrize("name", ["macroF1", "weightedF1"])
def test_the_variance_is_that_of_the_figure_itself(name: str) -> None:
    """The derivatives, measured by adding one answer to a million times as many."""
    metric, many = a_classification(), 1_000_000
    counts = Counter[Cell](
        {("billing", "billing"): 30, ("billing", "bug"): 9, ("bug", "bug"): 8, ("bug", "other"): 5}
        | {("other", "other"): 20, ("other", "(none)"): 4, ("other", "billing"): 3}
    )
    scaled = Counter({cell: count * many for cell, count in counts.items()})

    def at(shifted: Counter[Cell]) -> float:
        return value(metric.measure(shifted, LABELS), name) or 0.0

    here = at(scaled)
    variance = sum(
        count * ((at(scaled + Counter({cell: 1})) - here) * many) ** 2
        for cell, count in counts.items()
    )
    [figure] = [f for f in metric.measure(counts, LABELS).figures if f.name == name]
    expected = wilson_of(here, here * (1 - here) / variance)
    assert (figure.low, figure.high) == pytest.approx(expected, abs=1e-6)


TRUTH = {
    "billing": (0.85, 0.05, 0.08, 0.02),
    "bug": (0.1, 0.6, 0.25, 0.05),
    "other": (0.05, 0.1, 0.84, 0.01),
}
SHARES = {"billing": 0.4, "bug": 0.15, "other": 0.45}


@pytest.mark.parametrize("name", ["macroF1", "weightedF1"])
def test_intervals_of_means_hold_the_truth_about_as_often_as_they_say(name: str) -> None:
    """600 samples of 200 answers: 95 % is 570; 6 standard deviations below is 538."""
    metric, chance = a_classification(), random.Random(7)  # noqa: S311 # No secret depends on it.
    columns = (*LABELS, "(none)")
    exact = Counter[Cell]()
    for label in LABELS:
        for column, likely in zip(columns, TRUTH[label], strict=True):
            exact[label, column] = round(SHARES[label] * likely * 1_000_000)
    truth = value(metric.measure(exact, LABELS), name)
    assert truth is not None
    cells, weights = [*exact], [*exact.values()]
    held = 0
    for _ in range(600):
        counts = Counter(chance.choices(cells, weights, k=200))
        [figure] = [f for f in metric.measure(counts, LABELS).figures if f.name == name]
        assert figure.low is not None
        assert figure.high is not None
        held += figure.low <= truth <= figure.high
    assert 538 <= held <= 595
