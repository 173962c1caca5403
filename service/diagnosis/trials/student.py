"""Student's t distribution, by the continued fraction of the incomplete beta function."""

import math
from collections.abc import Sequence
from statistics import fmean, stdev

_TINY = 1e-300
_TERMS = 300
_EXACT = 1e-14


def confidence_above(differences: Sequence[float], margin: float, resolution: float) -> float | None:
    """One minus the p-value of the one-sided paired t-test that the mean difference is above `margin`.

    `resolution` is the least standard deviation that is believed: a few seeds that agree to the last digit do not
    prove that the next one will. None for fewer than two differences, which have no spread.
    """
    n = len(differences)
    if n < 2:
        return None
    spread = max(stdev(differences), resolution)
    return cumulative((fmean(differences) - margin) / (spread / math.sqrt(n)), n - 1)


def cumulative(t: float, degrees: int) -> float:
    """P(T <= t): half the incomplete beta function I(df / (df + t²); df/2, 1/2) is what lies beyond |t|."""
    beyond = 0.5 * incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t))
    return 1 - beyond if t > 0 else beyond


def incomplete_beta(a: float, b: float, x: float) -> float:
    """I(x; a, b), regularised (Abramowitz and Stegun 26.5.8, evaluated after Lentz)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    logarithm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(logarithm + a * math.log(x) + b * math.log1p(-x)) / a
    return front * _fraction(a, b, x)


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction, two terms at a time."""
    above, below = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    value = below
    for m in range(1, _TERMS):
        change = 1.0
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            below = 1 / _away(1 + term * below)
            above = _away(1 + term / above)
            change = above * below
            value *= change
        if abs(change - 1) < _EXACT:
            break
    return value


def _away(value: float) -> float:
    """Lentz's method divides by it, so it must not be zero."""
    return value if abs(value) > _TINY else _TINY
