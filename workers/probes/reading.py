"""How sums become statistics on the host, in Python's floats, whose range is wide enough for float32 squared."""

import math
from collections.abc import Iterable


def magnitude(extremes: Iterable[float]) -> float:
    """Largest absolute value of smallest and largest values; NaN where any is."""
    sizes = [abs(value) for value in extremes]
    return math.nan if any(map(math.isnan, sizes)) else max(sizes)


def root_mean_square(sum_squares: float, count: float) -> float:
    """sqrt(Σ x² / n), NaN and infinity kept."""
    return math.sqrt(sum_squares / count)


def norm_ratio(numerator: float, denominator: float) -> float | None:
    """‖a‖ / ‖b‖ from sums of squares: null for 0/0, infinite for a/0."""
    if denominator == 0:
        return None if numerator == 0 else math.inf if numerator > 0 else math.nan
    return math.sqrt(numerator) / math.sqrt(denominator)
