"""Numbers as they are shown, non-finite ones by name."""

import math


def number(value: float | None) -> str:
    """Three significant digits; NaN and infinity by name."""
    return "not measured" if value is None else f"{value:.3g}"


def log10(value: float) -> float:
    """Decimal logarithm; of zero it is minus infinity, of what is not finite the value itself."""
    return -math.inf if value == 0 else math.log10(value) if math.isfinite(value) else value


def median(values: list[float]) -> float:
    """Middle of the values; NaN where any is NaN."""
    if any(math.isnan(value) for value in values):
        return math.nan
    return sorted(values)[len(values) // 2]
