"""A gradient is not finite while the loss still is.

What it measures: the count of NaN and infinite numbers among gradients of weights and outputs, at every probed step
whose loss is finite and which the optimiser took.

Why it matters: who watches the loss alone sees nothing until the next step, when every weight is NaN. The usual
makers are a root or a norm at zero, a logarithm of zero that a mask hides, and softmax over a fully masked row.

Fires on: the first step that was taken with such a gradient.

Stays silent on: steps that loss scaling skipped, and losses that were not finite themselves.

Source: the definition.
"""

import math

from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement
from service.schemas.plan import Layer

COUNTS = ("weight_gradient_nonfinite_count", "output_gradient_nonfinite_count")


@rule("GC302", "non-finite-gradient", severity="error", stage="consequence")
def detect(signals: Signals) -> Sighting | None:
    """See gradients go first."""
    told = {row.step: row for row in signals.run.network}
    for step in signals.steps:
        row = told.get(step)
        if row is None or row.skipped or row.loss is None or not math.isfinite(row.loss):
            continue
        ill = _ill(signals, step)
        if ill:
            return _sighting(signals, step, row.loss, ill)
    return None


def _ill(signals: Signals, step: int) -> dict[Layer, Measurement]:
    """Layers with a count above zero, in order of depth."""
    found: dict[Layer, Measurement] = {}
    for layer in signals.layers:
        for name in COUNTS:
            for _, count in signals.values(step, name, (layer,)):
                if count > 0:
                    found[layer] = Measurement(
                        statistic=name, value=count, threshold=0, comparison=">", layer=layer.name, step=step,
                        seed=signals.run.seed,
                    )  # fmt: skip
    return found


def _sighting(signals: Signals, step: int, loss: float, ill: dict[Layer, Measurement]) -> Sighting:
    last = list(ill)[-1]
    return Sighting(
        message=f"The gradient is not finite at step {step}, while the loss still is ({loss:.3g}).",
        cause=(
            f"Going backward, {last.name} is the first with a NaN or an infinity: its derivative is not finite where"
            " its input is."
        ),
        evidence=tuple(ill.values())[-5:],
        layers=tuple(ill),
        from_start=step == signals.steps[0],
    )
