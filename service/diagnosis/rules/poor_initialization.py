"""The initial weights have the wrong size for their layer and its activation.

What it measures: every hidden layer's gain (RMS of its weights times the root of its fan-in) against the one that He,
Glorot or LeCun would give it: √2 before rectifiers, 1 before tanh and linear layers, √2/ω before a sine; and whether
what follows from it was there before the first step: a signal or gradient that shrinks or grows over depth, saturated
units, an absurd first loss.

Why it matters: a factor per layer is a power of it over depth. torch's own default is 2.4 times too small for ReLU:
nothing in three layers, twelve orders of magnitude in thirty.

Fires on: gains whose product over the layers is off by a factor of 30 (too small) or 5 (too large), with its effect
seen at the first probe.

Stays silent on: layers followed by a normalisation, small factors in shallow networks, output layers, sigmoids with
small weights (no size suits a deep stack of them), units that are copies (`symmetric-units`), and critics whose weights
are clamped: how they begin is forgotten at the first step.

Source: He et al. (2015); Glorot and Bengio (2010); LeCun et al. (1998); Sitzmann et al. (2020); factors from this
project's own measurements.
"""

import math
from dataclasses import replace

from pydantic import Field

from service.diagnosis.gains import STEEPLESS, Gain, gains
from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.diagnosis.through_time import steepest_growth
from service.schemas.diagnosis import Measurement

OFF = 0.15
"""Per layer: below a factor of 1.4 a gain is right."""
BORDER = 0.3
SHRUNK, COLLAPSED = -1.0, 0.1
GREW, SATURATED, ABSURD = 1.0, 0.5, 3.0


class Options(RuleOptions):
    """What can be set of it."""

    small: float = Field(-1.5, ge=-50, le=-0.2)
    """Sum over layers of log10(gain / wanted gain), of gains that are too small."""
    large: float = Field(0.7, ge=0.2, le=50)
    """The same of gains that are too large."""
    recurrent: float = Field(0.25, ge=0, le=10)
    """Of one recurrent layer, whose gain is compounded over time."""


DEFAULTS = Options()


@rule(
    "GC407",
    "poor-initialization",
    severity="error",
    stage="initialization",
    explains=(
        "attenuated-loss-gradient", "clipping-masks-gradients", "dead-units", "diverging-training",
        "exploding-gradient", "exploding-signal", "exploding-through-time", "gradient-spikes",
        "learning-rate-too-high", "learning-rate-too-low", "no-gradient", "non-finite-gradient",
        "non-finite-origin", "oscillating-loss", "overflow", "saturated-activation", "shattered-gradient",
        "underflow", "vanishing-gradient", "vanishing-signal", "vanishing-through-time",
    ),
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See gains that are off and what comes of them at the first probe."""
    found = gains(signals) if signals.clamp is None else ()
    small = [gain for gain in found if gain.excess < -OFF and gain.activation not in STEEPLESS]
    large = [gain for gain in found if gain.excess > OFF]
    compounded = any(gain.layer.family == "recurrent" and gain.excess >= options.recurrent for gain in large)
    if sum(gain.excess for gain in large) >= options.large or compounded:
        effect = _growth(signals)
        seen = None if effect is None else _told(signals, large, effect, "large", options.large)
        return replace(seen, clear=True) if seen is not None and compounded else seen
    if sum(gain.excess for gain in small) <= options.small:
        effect = _shrinkage(signals)
        return None if effect is None else _told(signals, small, effect, "small", options.small)
    return None


def _told(signals: Signals, ill: list[Gain], effect: Measurement, size: str, bound: float) -> Sighting:
    product = sum(gain.excess for gain in ill)
    worst = max(ill, key=lambda gain: abs(gain.excess))
    behind = f"before {worst.activation}" if worst.activation != "linear" else "without an activation"
    return Sighting(
        message=f"The initial weights are too {size} for this network, from {ill[0].layer.name} on.",
        cause=(
            f"{worst.layer.name} {behind} needs a gain of {worst.wanted:.2g} and begins with {worst.measured:.2g};"
            f" over {len(ill)} layers that makes a factor of 1e{product:.1f}."
        ),
        evidence=(
            Measurement(
                statistic="gain_product", value=product, threshold=bound, comparison=">=" if bound > 0 else "<=",
                step=0, seed=signals.run.seed, meaning="log10 of the product over layers of gain over wanted gain",
            ),
            Measurement(
                statistic="gain", value=worst.measured, threshold=worst.wanted, layer=worst.layer.name, step=0,
                seed=signals.run.seed, meaning="RMS of the initial weights times the root of the fan-in",
            ),
            effect,
        ),
        layers=tuple(gain.layer for gain in ill),
        clear=abs(product) >= abs(bound) + BORDER or _plain(effect),
    )  # fmt: skip


def _plain(effect: Measurement) -> bool:
    """Whether what comes of it is beyond doubt, twice as many decades as its bound asks for."""
    known = effect.value is not None and effect.threshold is not None and effect.statistic != "first_loss"
    if not known or effect.value is None or effect.threshold is None:
        return False
    if effect.statistic == "signal":
        return effect.value <= effect.threshold**2
    return effect.statistic.endswith("_ratio") and abs(effect.value) >= 2 * abs(effect.threshold)


def _shrinkage(signals: Signals) -> Measurement | None:
    """What weights that are too small do at once."""
    first = signals.steps[0]
    for name, value in (
        ("depth_ratio", signals.depth_ratio(first)),
        ("signal_ratio", signals.signal_ratio(first)),
    ):
        if value is not None and math.isfinite(value) and value <= SHRUNK:
            return Measurement(statistic=name, value=value, threshold=SHRUNK, comparison="<=", step=first)
    part = signals.signal(first)
    if part is not None and part <= COLLAPSED:
        return Measurement(statistic="signal", value=part, threshold=COLLAPSED, comparison="<=", step=first)
    return None


def _growth(signals: Signals) -> Measurement | None:
    """What weights that are too large do at once."""
    first, outcome = signals.steps[0], signals.run.outcome
    over_time = steepest_growth(signals)
    for name, value, bound in (
        ("depth_ratio", signals.depth_ratio(first), GREW),
        ("signal_ratio", signals.signal_ratio(first), GREW),
        ("activation_saturated_share", signals.saturation(first), SATURATED),
        ("time_ratio", over_time.ratio if over_time and over_time.step <= 1 else None, GREW),
    ):
        if value is not None and value >= bound:
            return Measurement(statistic=name, value=value, threshold=bound, comparison=">=", step=first)
    loss, trivial = outcome.first_loss, outcome.trivial_loss
    if loss is not None and trivial and not loss <= ABSURD * trivial:
        return Measurement(
            statistic="first_loss", value=loss, threshold=ABSURD * trivial, comparison=">", step=first
        )
    return None
