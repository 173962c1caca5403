"""The inputs are out of proportion to what initial weights are made for.

What it measures: the RMS of the inputs, against what it does to the first layers: saturated activations, a first
loss far above the trivial one, updates that tear the weights, or a signal drowned by the biases.

Why it matters: standard initialisations keep a signal of size one at size one. Raw pixels of 0 to 255 or features in
thousands make the first step a catastrophe; features of a thousandth are invisible beside the biases.

Fires on: input RMS outside [.05, 5] in a network that learns nothing and shows one of those effects.

Stays silent on: networks that learn all the same, and those that normalise their input in their first layer.

Source: LeCun et al. (1998), "Efficient BackProp"; bounds from this project's own measurements.
"""

import math

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement

NORMALIZING = frozenset({"normalization", "embedding"})


class Options(RuleOptions):
    """What can be set of it."""

    small: float = Field(0.05, ge=0, le=1)
    """RMS of the inputs below which they are small."""
    large: float = Field(5.0, ge=1, le=1e9)
    """RMS of the inputs above which they are large."""


DEFAULTS = Options()


@rule(
    "GC401",
    "input-scale",
    severity="error",
    stage="data",
    explains=(
        "attenuated-loss-gradient", "clipping-masks-gradients", "dead-units", "diverging-training",
        "exploding-gradient", "exploding-signal", "exploding-through-time", "gradient-spikes",
        "learning-rate-too-high", "learning-rate-too-low", "no-gradient", "non-finite-gradient",
        "non-finite-origin", "oscillating-loss", "overflow", "poor-initialization", "saturated-activation",
        "shattered-gradient", "underflow", "vanishing-gradient", "vanishing-signal", "vanishing-through-time",
    ),
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See an input scale that is far from one and what it does to the first layers."""
    first = next((row for row in signals.run.network if row.input_rms is not None), None)
    if first is None or first.input_rms is None or signals.learned or _normalized(signals):
        return None
    rms = first.input_rms
    effect = _large(signals) if rms > options.large else _small(signals) if rms < options.small else None
    if effect is None:
        return None
    bound = options.large if rms > options.large else options.small
    size = "large" if rms > options.large else "small"
    return Sighting(
        message=f"The inputs are too {size}: their RMS is {rms:.3g}, and initial weights are made for about 1.",
        cause=f"Inputs between {first.input_min:.3g} and {first.input_max:.3g} are fed in without being standardised.",
        evidence=(
            Measurement(
                statistic="input_rms", value=rms, threshold=bound, comparison=">" if rms > options.large else "<",
                step=first.step, seed=signals.run.seed,
            ),
            effect,
        ),
        layers=signals.weighted[:1],
        clear=not bound / 2 < rms < bound * 2,
    )  # fmt: skip


def _normalized(signals: Signals) -> bool:
    """Whether the first layer that computes anything brings the input to scale."""
    computing = (layer for layer in signals.layers if layer.family not in {"shape", "dropout"})
    return next((layer.family in NORMALIZING for layer in computing), False)


def _large(signals: Signals) -> Measurement | None:
    """What a large input does at once: a huge first loss, saturation, torn weights, or a non-finite number."""
    outcome = signals.run.outcome
    if outcome.stopped == "non-finite":
        return Measurement(
            statistic="steps_run",
            value=outcome.steps_run,
            threshold=None,
            meaning="steps until it went non-finite",
        )
    loss, trivial = outcome.first_loss, outcome.trivial_loss
    if loss is not None and trivial and loss > 3 * trivial:
        return Measurement(statistic="first_loss", value=loss, threshold=3 * trivial, comparison=">", step=0)
    for layer, share in signals.values(signals.steps[0], "activation_saturated_share", signals.taps[:1]):
        if share >= 0.5:
            return Measurement(
                statistic="activation_saturated_share", value=share, threshold=0.5, comparison=">=",
                layer=layer.name, step=signals.steps[0],
            )  # fmt: skip
    worst = signals.highest(signals.update)
    if worst is not None and worst[0] >= 0.05:
        return Measurement(
            statistic="update_ratio", value=worst[0], threshold=0.05, comparison=">=", step=worst[1]
        )
    return None


def _small(signals: Signals) -> Measurement | None:
    """What a small input does: the first activation hardly depends on the example."""
    for layer in signals.taps[:1]:
        signal = signals.signal_at(signals.steps[0], layer)
        if signal is not None and not math.isnan(signal) and signal <= 0.1:
            return Measurement(
                statistic="signal",
                value=signal,
                threshold=0.1,
                comparison="<=",
                layer=layer.name,
                step=signals.steps[0],
            )
    return None
