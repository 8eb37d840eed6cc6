import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.intervals import wilson


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # Closed forms: 0 of n ends at z²/(n + z²), n of n starts at n/(n + z²).
        (0, 10, 0.0, 3.8414588 / 13.8414588),
        (10, 10, 10 / 13.8414588, 1.0),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_interval_is_the_published_one(
    successes: int, total: int, low: float, high: float
) -> None:
    assert wilson(successes, total) == pytest.approx((low, high), abs=5e-5)


@given(st.data(), st.integers(min_value=1, max_value=10**6))
def test_the_interval_holds_the_share_and_stays_within_0_and_1(
    data: st.DataObject, total: int
) -> None:
    successes = data.draw(st.integers(min_value=0, max_value=total))
    low, high = wilson(successes, total)
    assert 0 <= low <= successes / total <= high <= 1


@given(st.data(), st.integers(min_value=1, max_value=1000))
def test_losses_mirror_gains(data: st.DataObject, total: int) -> None:
    successes = data.draw(st.integers(min_value=0, max_value=total))
    low, high = wilson(successes, total)
    assert wilson(total - successes, total) == pytest.approx((1 - high, 1 - low))
