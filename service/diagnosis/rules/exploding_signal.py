"""The forward signal grows from layer to layer.

What it measures: fw, the ratio (as log10) of the RMS of the last hidden layer's output and the first one's.

Why it matters: the first loss is absurdly high and its gradient with it; one step throws the weights about, or the
numbers overflow. The profile of weight gradients can be flat all the while.

Fires on: fw ≥ 2 at any probe.

Stays silent on: large signals that are as large at the first layer, which is a matter of the inputs' scale.

Source: He et al. (2015); Hanin and Rolnick (2018); threshold from this project's own measurements.
"""

import math

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement
from service.schemas.plan import Layer

BORDER = 0.15
GROWING = 1.0
"""From here on at the first probe, the growth was there before the first step."""


class Options(RuleOptions):
    """What can be set of it."""

    steep: float = Field(2.0, ge=0.5, le=20)
    """fw at any probe."""


DEFAULTS = Options()


@rule(
    "GC202",
    "exploding-signal",
    severity="error",
    stage="architecture",
    explains=(
        "clipping-masks-gradients", "dead-units", "diverging-training", "exploding-gradient",
        "gradient-spikes", "learning-rate-too-low", "non-finite-gradient", "non-finite-origin",
        "oscillating-loss", "overflow", "saturated-activation", "shattered-gradient", "vanishing-gradient",
        "vanishing-signal",
    ),
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See fw above two orders of magnitude at any probe."""
    growth = signals.highest(signals.signal_ratio)
    if growth is None or growth[0] < options.steep:
        return None
    value, step = growth
    return Sighting(
        message="The signal explodes over depth: every layer puts out more than it takes in.",
        cause=_cause(signals),
        evidence=(
            Measurement(
                statistic="signal_ratio", value=value, threshold=options.steep, comparison=">=", step=step,
                seed=signals.run.seed, meaning=f"it grows by 1e{value:.1f} over {len(signals.taps)} layers",
            ),
        ),
        layers=_ill(signals, step),
        clear=value >= options.steep + BORDER,
        from_start=(signals.signal_ratio(signals.steps[0]) or 0.0) >= GROWING,
    )  # fmt: skip


def _ill(signals: Signals, step: int) -> tuple[Layer, ...]:
    """Taps whose output is more than ten times the first one's."""
    values = signals.values(step, "activation_rms", signals.taps)
    origin = values[0][1]
    return tuple(layer for layer, value in values if not value <= origin * 10) or (values[0][0],)


def _cause(signals: Signals) -> str:
    """Whether it was so before the first step."""
    growth = signals.signal_ratio(signals.steps[0])
    if growth is not None and math.isfinite(growth) and growth >= GROWING:
        return "The initial weights are too large for this depth: every layer multiplies the signal by more than one."
    return "Training has made the weights so large that every layer multiplies the signal by more than one."
