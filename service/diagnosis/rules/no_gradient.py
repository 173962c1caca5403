"""Weights that no gradient ever reaches.

What it measures: layers whose weight gradient is exactly zero, or absent, at every probe; and whether the gradient over
depth ends at a cliff, sound on one side of a layer and zero on the other.

Why it matters: they stay as they were drawn. Something between them and the loss is constant: a flat activation, an
output that does not depend on its input, a product with zero.

Fires on: all weights of a layer at every probe, in a network that learns nothing.

Stays silent on: layers that wait for a zero-initialised one to move, networks that learn all the same, and gradients
that fade from layer to layer until nothing is left (`vanishing-gradient`).

Source: the definition.
"""

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement
from service.schemas.plan import Layer

SOUND = 1e-3
"""Part of the last hidden layer's gradient from which a layer's is sound."""
FADED = -2.5


class Options(RuleOptions):
    """What can be set of it."""

    fewest_probes: int = Field(3, ge=1, le=1000)
    """Probes that must agree."""


DEFAULTS = Options()


@rule(
    "GC501",
    "no-gradient",
    severity="error",
    stage="architecture",
    explains=(
        "learning-rate-too-low",
        "shattered-gradient",
        "underflow",
        "update-below-precision",
        "vanishing-gradient",
        "vanishing-signal",
        "vanishing-through-time",
    ),
    options=DEFAULTS,
)
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See layers without any gradient."""
    if len(signals.steps) < options.fewest_probes:
        return None
    ill = tuple(layer for layer in signals.weighted if _never(signals, layer))
    if not ill:
        return None
    whole = len(ill) == len(signals.weighted)
    wall = None if whole else _wall(signals)
    if not whole and wall is None and _faded(signals):
        return None
    return Sighting(
        message=(
            "No layer ever gets a gradient: the loss does not depend on the weights."
            if whole
            else f"{ill[0].name} never gets a gradient: the loss does not depend on it."
        ),
        cause=(
            "The output or the loss is constant, whatever the weights are."
            if whole
            else f"{wall.name} answers every example alike, so that no derivative comes through it."
            if wall is not None
            else "Something between it and the loss is constant for every example, so no derivative comes through."
        ),
        evidence=tuple(
            Measurement(
                statistic="weight_gradient_zero_share", value=1.0, threshold=1.0, comparison=">=", layer=layer.name,
                step=signals.steps[-1], seed=signals.run.seed, meaning=f"at all of {len(signals.steps)} probes",
            )
            for layer in ill[:5]
        ),
        layers=ill,
        explains=None if wall is not None else frozenset({"learning-rate-too-low"}),
    )  # fmt: skip


def _wall(signals: Signals) -> Layer | None:
    """The layer that gets a sound gradient and passes none on, where there is one."""
    norms = signals.gradient_norms(signals.steps[-1])
    behind = [(layer, norm) for layer, norm in norms if norm > 0]
    if not behind or len(behind) == len(norms) or norms[0][1] > 0:
        return None
    layer, norm = behind[0]
    return layer if norm >= SOUND * behind[-1][1] else None


def _faded(signals: Signals) -> bool:
    """Whether nothing arrives at the first layers because less and less does from layer to layer."""
    ratio = signals.settled(signals.depth_ratio)
    return ratio is not None and ratio <= FADED


def _never(signals: Signals, layer: Layer) -> bool:
    """Whether every probe saw zeros, or nothing at all, where the gradient should be."""
    rows = [row for step in signals.steps if (row := signals.row(step, layer)) is not None]
    shares = [row.weight_gradient_zero_share for row in rows]
    weighed = any(row.weight_rms is not None for row in rows)
    return bool(rows) and weighed and all(share is None or share >= 1 for share in shares)
