"""Units that answer zero to every example, and so never learn again.

What it measures: the share of units of a rectifying layer that are ≤ 0 for the whole batch, and the share of the
weights before it whose gradient is exactly zero.

Why it matters: a dead unit gets no gradient, so nothing brings it back; a dead layer cuts the network in two.

Fires on: ≥ 90 % of a layer's units dead at the last probes.

Stays silent on: sparse but living layers (up to half of the units at rest is what a ReLU does).

Source: Lu et al. (2019), "Dying ReLU and Initialization"; cut-off from this project's own measurements.
"""

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement
from service.schemas.plan import Layer

SHARE = "activation_dead_share"
BORDER = 0.02


class Options(RuleOptions):
    """What can be set of it."""

    dead: float = Field(0.9, ge=0.5, le=1)
    """Share of dead units of a layer."""


DEFAULTS = Options()


@rule(
    "GC105",
    "dead-units",
    severity="error",
    stage="initialization",
    explains=(
        "exploding-gradient", "learning-rate-too-low", "no-gradient", "shattered-gradient", "underflow",
        "vanishing-gradient", "vanishing-signal",
    ),
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See a rectifying layer of which nine units in ten are dead."""
    shares = [(layer, share) for layer in signals.layers if (share := _settled(signals, layer)) is not None]
    ill = [(layer, share) for layer, share in shares if share >= options.dead]
    if not ill:
        return None
    worst, share = max(ill, key=lambda pair: pair[1])
    born = (signals.value(signals.steps[0], SHARE, worst) or 0.0) >= options.dead
    return Sighting(
        message=f"{100 * share:.0f} % of the units of {worst.name} are dead: they answer zero to every example.",
        cause=_cause(signals, ill[0][0], born=born),
        evidence=tuple(
            Measurement(
                statistic=SHARE, value=value, threshold=options.dead, comparison=">=",
                layer=layer.name, step=signals.steps[-1],
            )
            for layer, value in ill[:5]
        ),
        layers=tuple(layer for layer, _ in ill),
        clear=share >= options.dead + BORDER,
        from_start=born,
    )  # fmt: skip


def _cause(signals: Signals, first: Layer, *, born: bool) -> str:
    """By what reaches the first of them, and since when."""
    before = next((layer for layer in signals.layers if layer.depth == first.inputs[0]), None)
    if (
        before is not None
        and before.family == "dropout"
        and signals.structure.argument(before, "p", 0.5) == 1
    ):
        return f"{before.name} puts out everything: p is the share that is put out, and not the one that is kept."
    if born:
        return "The units are born dead: initial weights and biases hold everything below zero."
    return "Training killed the units: a step too large pushed them below zero for every example."


def _settled(signals: Signals, layer: Layer) -> float | None:
    """Share of one layer over the last probes."""
    return signals.settled(lambda step: signals.value(step, SHARE, layer))
