"""What repeats tell of cases: how often one of k tries is good enough, and how often all are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import comb, fsum

_EACH_UP_TO = 10
_STEPS = (20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatFigure:
    """What k tries of a case make, as a mean over `cases` of them, 0 to 1.

    `any_passes` is known as pass@k, `all_pass` as pass^k.
    """

    k: int
    any_passes: float
    all_pass: float
    cases: int


def pass_at_k(n: int, passed: int, k: int) -> float:
    """How likely at least one of k tries passes, estimated from `passed` of n, n at least k.

    Unbiased, which 1 - (1 - passed/n)^k is not. M. Chen et al., Evaluating Large Language Models
    Trained on Code, 2021, arXiv 2107.03374, equation 1.
    """
    return 1.0 - comb(n - passed, k) / comb(n, k)


def pass_hat_k(n: int, passed: int, k: int) -> float:
    """How likely all of k tries pass, estimated from `passed` of n, n at least k; unbiased.

    S. Yao et al., tau-bench, 2024, arXiv 2406.12045, section 3.
    """
    return comb(passed, k) / comb(n, k)


def repeat_figures(ends: Mapping[tuple[int, int], int]) -> Iterator[RepeatFigure]:
    """The figures for some k, rising, each over the cases with at least k trials.

    `ends` are those of `Totals`: how many cases had so many trials, so many of which passed. Each k
    up to ten is told, then some, and always the largest; nothing where no case was repeated.
    """
    most = max((n for n, _ in ends), default=0)
    for k in _ks(most):
        # Sorted, so that equal counts give equal bytes, in whatever order they came.
        able = sorted((n, passed, cases) for (n, passed), cases in ends.items() if n >= k)
        total = sum(cases for _, _, cases in able)
        yield RepeatFigure(
            k=k,
            any_passes=fsum(cases * pass_at_k(n, passed, k) for n, passed, cases in able) / total,
            all_pass=fsum(cases * pass_hat_k(n, passed, k) for n, passed, cases in able) / total,
            cases=total,
        )


def _ks(most: int) -> list[int]:
    some = [*range(1, _EACH_UP_TO + 1), *_STEPS]
    return [k for k in some if k < most] + [most] * (most > 0)
