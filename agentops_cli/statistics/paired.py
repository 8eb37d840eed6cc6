"""Two shares that were measured on the same cases: is one lower than the other, and by how much."""

from collections.abc import Callable
from dataclasses import dataclass
from math import comb, exp, lgamma, log, log1p, sqrt
from typing import Final

from agentops_cli.intervals import Z_95, wilson

ALPHA: Final = 0.05
"""How often two versions that are alike may be taken for unlike, both ways together."""

POWER: Final = 0.8
"""How likely a change has to be found so that it is said that it can be seen."""

_MOST_EXACT: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Cases counted by what came of them before and after; only those with a verdict on both."""

    both_pass: int = 0
    broken: int = 0
    fixed: int = 0
    both_fail: int = 0

    @property
    def total(self) -> int:
        """How many there are."""
        return self.both_pass + self.broken + self.fixed + self.both_fail

    @property
    def before(self) -> float:
        """The share that passed before, 0 to 1; there has to be a pair."""
        return (self.both_pass + self.broken) / self.total

    @property
    def after(self) -> float:
        """The share that passed after."""
        return (self.both_pass + self.fixed) / self.total

    @property
    def change(self) -> float:
        """By how much the share rose, -1 to 1."""
        return (self.fixed - self.broken) / self.total


def mid_p(broken: int, fixed: int) -> float:
    """The two-sided mid-p value of McNemar's test: how odd it is that so many more went one way.

    Cases that came out alike on both sides say nothing of that; where all did, it is 1. The exact
    binomial test, of which half the probability of what was seen is taken off. Fagerland, Lydersen
    and Laake, BMC Medical Research Methodology 13 (2013), 91, who recommend it for any size.
    """
    fewer, total = min(broken, fixed), broken + fixed
    if total > _MOST_EXACT:
        return _large_sample_p(broken, fixed)
    if not total:
        return 1.0
    here = comb(total, fewer)
    if broken == fixed:
        return 1.0 - here / (1 << (total + 1))
    below = sum(comb(total, count) for count in range(fewer))
    return (2 * below + here) / (1 << total)


def _large_sample_p(broken: int, fixed: int) -> float:
    """McNemar's own test without a correction, to which the mid-p one comes near."""
    from statistics import NormalDist  # Of so many discordant pairs there are seldom any.

    z = abs(broken - fixed) / sqrt(broken + fixed)
    return 2 * NormalDist().cdf(-z)


def change_interval(pairs: Pairs, *, z: float = Z_95) -> tuple[float, float]:
    """The interval of the change of the share, -1 to 1; 95% unless told otherwise.

    Method 10 of R. G. Newcombe, Statistics in Medicine 17 (1998), 2635-2650: the Wilson intervals
    of both shares, squared and added with their correlation. It says something even where no case
    came out differently. With nothing measured it is the whole range.
    """
    total = pairs.total
    if not total:
        return (-1.0, 1.0)
    before, after = pairs.before, pairs.after
    low_before, high_before = wilson(pairs.both_pass + pairs.broken, total, z=z)
    low_after, high_after = wilson(pairs.both_pass + pairs.fixed, total, z=z)
    phi = _correlation(pairs)

    def distance(one: float, other: float) -> float:
        return sqrt(max(one * one - 2 * phi * one * other + other * other, 0.0))

    change = pairs.change
    low = change - distance(after - low_after, high_before - before)
    high = change + distance(high_after - after, before - low_before)
    return (max(low, -1.0), min(high, 1.0))


def _correlation(pairs: Pairs) -> float:
    """Newcombe's phi, with his correction for continuity where it is positive."""
    passed_before, passed_after = pairs.both_pass + pairs.broken, pairs.both_pass + pairs.fixed
    total = pairs.total
    spread = passed_before * (total - passed_before) * passed_after * (total - passed_after)
    if not spread:
        return 0.0
    product = float(pairs.both_pass * pairs.both_fail - pairs.broken * pairs.fixed)
    if product > 0:
        product = max(product - total / 2, 0.0)
    return product / sqrt(spread)


def needed_discordant(*, alpha: float = ALPHA) -> int:
    """How many cases have to break, and none be fixed, before that is no coincidence any more."""
    broken = 1
    while mid_p(broken, 0) >= alpha:
        broken += 1
    return broken


def visible_drop(total: int, *, alpha: float = ALPHA, power: float = POWER) -> float | None:
    """The smallest drop of the share, 0 to 1, that so many pairs most likely show; None for none.

    That is of the best case: what breaks is all that comes out differently. Where answers waver,
    more is needed. Exact, from the binomial distribution of the cases that break; how likely it is
    that enough of them do rises with the drop.
    """
    needed = needed_discordant(alpha=alpha)
    if total < needed:
        return None
    return _least(lambda drop: _at_least(needed, total, drop) >= power)


def _least(is_enough: Callable[[float], bool]) -> float:
    """The smallest share for which something holds, which it does from there on."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def _at_least(needed: int, total: int, share: float) -> float:
    """The probability that a binomial count is at least so much."""
    if share <= 0 or share >= 1:
        return float(share >= 1)
    return 1 - sum(
        exp(
            lgamma(total + 1)
            - lgamma(count + 1)
            - lgamma(total - count + 1)
            + count * log(share)
            + (total - count) * log1p(-share)
        )
        for count in range(needed)
    )
