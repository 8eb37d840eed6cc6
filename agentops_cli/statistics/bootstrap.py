"""How sure the change of a figure is that was measured on the same cases, by drawing them anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from random import Random
from typing import Final, TypeAlias

Sample: TypeAlias = Sequence[float]
"""What was measured on one case, once for each of its repeats."""

Figure: TypeAlias = Callable[[Sequence[float]], float]
"""One number of many: their mean, a percentile."""

SEED: Final = 20_250_301
"""The same cases give the same interval, whoever asks and whenever."""

_DRAWS: Final = 2_000
_LEAST_DRAWS: Final = 400
_MOST_VALUES: Final = 2_000_000
_TAIL: Final = 0.025


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A figure before and after, and the 95% interval of its change; `cases` it was measured on."""

    before: float
    after: float
    low: float
    high: float
    cases: int

    @property
    def change(self) -> float:
        """By how much it rose."""
        return self.after - self.before

    @property
    def is_shown(self) -> bool:
        """Whether it changed for sure, as far as the interval tells."""
        return self.low > 0 or self.high < 0


def shift(
    pairs: Sequence[tuple[Sample, Sample]], figure: Figure, *, seed: int = SEED
) -> Shift | None:
    """The change of a figure of all values, from those of each case before and after.

    None without a case, and cases that were not measured on both sides are left out. The interval
    is that of the percentile bootstrap (B. Efron, Annals of Statistics 7 (1979), 1-26), for which
    whole cases are drawn with both of their sides: so what one case has in common on both sides is
    in each draw as well. Of many cases there are fewer draws.
    """
    measured = [(before, after) for before, after in pairs if before and after]
    if not measured:
        return None
    whole = _figures(measured, figure)
    total = len(measured)
    values = sum(len(before) + len(after) for before, after in measured)
    draws = min(_DRAWS, max(_LEAST_DRAWS, _MOST_VALUES // values))
    random = Random(seed)  # noqa: S311 # It is to be the same each time, and no secret.
    changes = []
    for _ in range(draws):
        before, after = _figures(random.choices(measured, k=total), figure)
        changes.append(after - before)
    changes.sort()
    return Shift(
        before=whole[0],
        after=whole[1],
        low=changes[_rank(_TAIL, draws)],
        high=changes[_rank(1 - _TAIL, draws)],
        cases=total,
    )


def mean(values: Sequence[float]) -> float:
    """The mean of at least one value."""
    return sum(values) / len(values)


def quantile(share: float) -> Figure:
    """The nearest-rank percentile of at least one value; `share` from 0 to 1."""
    return lambda values: sorted(values)[_rank(share, len(values))]


def _figures(pairs: Sequence[tuple[Sample, Sample]], figure: Figure) -> tuple[float, float]:
    before = [value for sample, _ in pairs for value in sample]
    after = [value for _, sample in pairs for value in sample]
    return figure(before), figure(after)


def _rank(share: float, total: int) -> int:
    return max(ceil(share * total), 1) - 1
