"""The gradient, or the signal, grows from layer to layer.

What it measures: D, the ratio (as log10) of the gradient's norm at the first hidden layer and at the last one, and
fw, the forward signal's growth over depth, at every probe.

Why it matters: a step that suits one end of the network throws the other end about; the loss starts absurdly high
and training turns into NaN or into noise.

Fires on: D ≥ 2 or fw ≥ 2 at any probe.

Stays silent on: large raw gradients alone (the scale of the loss is no illness, and clipping deals with it).

Source: Pascanu et al. (2013); Yang et al. (2019) for batch normalisation without shortcuts, whose gradient grows
by about 1.2 per layer; thresholds from this project's own measurements on networks labelled by outcome.
"""

from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement
from service.schemas.plan import Layer

STEEP = 2.0
BORDER = 0.15
GROWING = 1.0
"""From here on at the first probe, the growth was there before the first step."""


@rule(
    "GC201",
    "exploding-gradient",
    severity="error",
    stage="architecture",
    explains=(
        "clipping-masks-gradients",
        "dead-units",
        "learning-rate-too-low",
        "non-finite-gradient",
        "non-finite-origin",
        "oscillating-loss",
        "overflow",
        "saturated-activation",
        "vanishing-gradient",
    ),
)
def detect(signals: Signals) -> Sighting | None:
    """See D or fw above two orders of magnitude at any probe."""
    backward = signals.highest(signals.depth_ratio)
    forward = signals.highest(signals.signal_ratio)
    seen = [
        Measurement(
            statistic=name, value=value, threshold=STEEP, comparison=">=", step=step,
            meaning=f"{what} grows by 1e{value:.1f} over {len(signals.taps)} layers",
        )
        for name, what, pair in (
            ("depth_ratio", "the gradient, going backward,", backward),
            ("signal_ratio", "the signal, going forward,", forward),
        )
        if pair is not None
        for value, step in (pair,)
        if value >= STEEP
    ]  # fmt: skip
    if not seen:
        return None
    worst = max(seen, key=lambda item: item.value or 0.0)
    what = "gradient" if worst.statistic == "depth_ratio" else "signal"
    return Sighting(
        message=f"The {what} explodes over depth: it grows by 1e{worst.value:.1f} between the ends of the network.",
        cause=_cause(signals),
        evidence=tuple(seen),
        layers=_ill(signals, worst),
        clear=(worst.value or 0.0) >= STEEP + BORDER,
        from_start=any((at_start or 0.0) >= GROWING for at_start in _at_start(signals)),
    )


def _at_start(signals: Signals) -> tuple[float | None, float | None]:
    """D and fw before the first step."""
    return signals.depth_ratio(signals.steps[0]), signals.signal_ratio(signals.steps[0])


def _ill(signals: Signals, worst: Measurement) -> tuple[Layer, ...]:
    """Taps that are more than ten times the side where the growth begins."""
    step = worst.step or 0
    if worst.statistic == "depth_ratio":
        values = signals.gradient_norms(step)
        origin = values[-1][1]
    else:
        values = signals.values(step, "activation_rms", signals.taps)
        origin = values[0][1]
    return tuple(layer for layer, value in values if not value <= origin * 10) or (values[0][0],)


def _cause(signals: Signals) -> str:
    """Which of the known ways to explode this is."""
    growth = signals.signal_ratio(signals.steps[0])
    normalized = any(layer.family == "normalization" for layer in signals.layers)
    shortcuts = any(layer.family == "operation" for layer in signals.layers)
    if growth is not None and growth >= 1:
        return "The initial weights are too large for this depth: every layer multiplies the signal by more than one."
    if normalized and not shortcuts:
        return (
            "Deep normalisation without shortcuts: the forward signal is held, and every layer multiplies the"
            " gradient by a factor above one."
        )
    return "The layers amplify what passes through them backward more than forward."
