"""Nearly all units of a layer sit where their activation is flat.

What it measures: the largest share of saturated units of any layer (|tanh| > .97, σ' < .0125, and their kin).

Why it matters: a flat activation passes no gradient; what is before it stops learning, whatever the loss says.

Fires on: ≥ 90 % saturated at the last probes.

Stays silent on: gates and single units that saturate because the network is sure, and output layers.

Source: Glorot and Bengio (2010); share and cut-off from this project's own measurements.
"""

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement
from service.schemas.plan import Layer

SHARE = "activation_saturated_share"
BORDER = 0.02


class Options(RuleOptions):
    """What can be set of it."""

    saturated: float = Field(0.9, ge=0.5, le=1)
    """Share of saturated units of a layer."""


DEFAULTS = Options()


@rule(
    "GC104",
    "saturated-activation",
    severity="error",
    stage="initialization",
    explains=(
        "exploding-gradient", "learning-rate-too-low", "no-gradient", "shattered-gradient",
        "vanishing-gradient", "vanishing-signal", "vanishing-through-time",
    ),
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See a hidden layer of which nine units in ten are saturated."""
    shares = [(layer, share) for layer in signals.taps if (share := _settled(signals, layer)) is not None]
    ill = [(layer, share) for layer, share in shares if share >= options.saturated]
    if not ill:
        return None
    worst, share = max(ill, key=lambda pair: pair[1])
    born = (signals.value(signals.steps[0], SHARE, worst) or 0.0) >= 0.5
    return Sighting(
        message=f"{worst.type} saturates: {100 * share:.0f} % of the units of {worst.name} are on the flat part.",
        cause=(
            "What reaches the activation is too large from the start: the initial weights, or the input, are out of"
            " proportion."
            if born
            else "Training drove the units onto the flat part: the steps were too large for them to stay."
        ),
        evidence=tuple(
            Measurement(
                statistic=SHARE, value=value, threshold=options.saturated, comparison=">=",
                layer=layer.name, step=signals.steps[-1],
            )
            for layer, value in ill[:5]
        ),
        layers=tuple(layer for layer, _ in ill),
        clear=share >= options.saturated + BORDER,
        from_start=born,
    )  # fmt: skip


def _settled(signals: Signals, layer: Layer) -> float | None:
    """Share of one layer over the last probes."""
    return signals.settled(lambda step: signals.value(step, SHARE, layer))
