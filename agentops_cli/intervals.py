"""How far a measured share can be from the true one."""

from math import sqrt
from statistics import NormalDist

Z_95 = NormalDist().inv_cdf(0.975)


def wilson(successes: int, total: int, *, z: float = Z_95) -> tuple[float, float]:
    """The Wilson score interval of a share, 0 to 1; 95% unless told otherwise.

    Unlike the textbook interval it stays within 0 and 1 and says something at 0 of n and n of n.
    With nothing measured it is the whole range. E. B. Wilson, JASA 22 (1927), 209-212; chosen
    after Brown, Cai and DasGupta, Statistical Science 16 (2001), 101-133.
    """
    if total == 0:
        return (0.0, 1.0)
    return wilson_of(successes / total, total, z=z)


def wilson_of(share: float, total: float, *, z: float = Z_95) -> tuple[float, float]:
    """The same for an estimate from 0 to 1 that is as sure as a share of `total` observations.

    Of an estimate with a variance that is estimate * (1 - estimate) / variance, Kish's effective
    size of a sample (Survey Sampling, Wiley 1965).
    """
    spread = z * z / total
    center = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    # Rounding may leave an end a hair beside 0, 1 or the share itself.
    low = 0.0 if share <= 0 else min(share, center - half)
    high = 1.0 if share >= 1 else max(share, center + half)
    return (low, high)
