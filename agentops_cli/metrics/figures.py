"""Figures with their intervals, from counts.

Intervals take every trial for an observation of its own. Repeats of one case, and fields of one
answer, resemble each other: then an interval is narrower than what is really known.
"""

from collections.abc import Mapping, Sequence
from math import fsum

from agentops_cli.intervals import wilson, wilson_of
from agentops_cli.model.metric import Figure


def share(name: str, successes: int, total: int, *, undefined: str) -> Figure:
    """A share with its Wilson interval; `undefined` says why there is none of nothing."""
    if total == 0:
        return Figure(name=name, value=None, n=0, undefined=undefined)
    low, high = wilson(successes, total)
    return Figure(name=name, value=successes / total, n=total, low=low, high=high)


def f1(hits: int, misses: int, false_alarms: int) -> float | None:
    """The harmonic mean of precision and recall; None where nothing was expected or given.

    In this form it is 0, not undefined, where all that is expected is missed: C. J. van
    Rijsbergen, Information Retrieval, 2nd edition (1979), chapter 7.
    """
    doubled = 2 * hits + misses + false_alarms
    return 2 * hits / doubled if doubled else None


def estimate(
    name: str, value: float, *, n: int, moves: Sequence[tuple[int, float]], most: float
) -> Figure:
    """A figure that is no share, with an interval by the delta method.

    `moves` has for each cell of a table its count, and the figure's derivative by that count. The
    counts are multinomial and the figure depends on their proportions only, so that its variance
    is the sum of count * derivative²: for F1 as in Takahashi, Yamamoto, Kuchiba and Koyama, Applied
    Intelligence 52 (2022), 4961-4972. Their symmetric interval leaves 0 to 1 and has no width where
    all is right, so Wilson's is taken for the size of a sample with that variance; `most` is the
    size that it cannot exceed, which is what holds at 0 and 1.
    """
    # Answers come in any order; an exact sum does not show it.
    variance = fsum(count * derivative**2 for count, derivative in moves)
    size = min(value * (1 - value) / variance, most) if variance > 0 else most
    low, high = wilson_of(value, size)
    return Figure(name=name, value=value, n=n, low=low, high=high)


def size_of_mean(weights: Mapping[str, float], sizes: Mapping[str, int]) -> float:
    """How many observations a weighted mean of independent estimates is worth.

    Each estimate is worth its size, all of them have about the same value, and the weights sum up
    to 1: variances add up by the squares of the weights.
    """
    return 1 / sum(weight**2 / sizes[name] for name, weight in weights.items() if weight)


def f1_of_one(name: str, hits: int, misses: int, false_alarms: int, *, undefined: str) -> Figure:
    """The F1 of one label, with an exact relative of the Wilson interval.

    F1 is 2s / (1 + s), and s is a true share: of all that was expected or given, what was both.
    """
    value, total = f1(hits, misses, false_alarms), hits + misses + false_alarms
    if value is None:
        return Figure(name=name, value=None, n=0, undefined=undefined)
    low, high = (2 * end / (1 + end) for end in wilson(hits, total))
    # Rounding may leave an end a hair beside the value.
    return Figure(name=name, value=value, n=total, low=min(low, value), high=max(high, value))
