"""The gradients of different examples have nothing to do with one another at the first layers.

What it measures: coherence at the first hidden layer: how far examples that pull the network's output the same way
still do so there (the regression of the cosines between their gradients on those at the output; 1 there).

Why it matters: a step is the mean over examples. Where they are unrelated it is noise, whatever its size: RMS, depth
ratio and updates all look sound, and the first layers wander at random.

Fires on: a coherence ≤ .15 over the last probes in a network of five or more hidden layers that learns nothing, and
in which it was below .6 before the first step.

Stays silent on: networks that learn: their examples also drift apart, once each is known by itself.

Source: Balduzzi et al. (2017), "The Shattered Gradients Problem"; cut-off from this project's own measurements.
"""

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement
from service.schemas.plan import Layer

BORDER = 0.03


class Options(RuleOptions):
    """What can be set of it."""

    shattered: float = Field(0.15, ge=0, le=1)
    """Coherence in the end."""
    folded: float = Field(0.6, ge=0, le=1)
    """Coherence before the first step."""
    fewest: int = Field(5, ge=2, le=10000)
    """Hidden layers from which it is asked for."""


DEFAULTS = Options()


@rule(
    "GC109",
    "shattered-gradient",
    severity="error",
    stage="architecture",
    explains=("dead-units", "learning-rate-too-low", "vanishing-signal"),
    options=DEFAULTS,
)
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See examples that agree at the output and are unrelated at the first layer."""
    if len(signals.taps) < options.fewest:
        return None
    at_start, settled = _first(signals, signals.steps[0]), signals.settled(lambda step: _first(signals, step))
    if at_start is None or settled is None or not settled <= options.shattered:
        return None
    return Sighting(
        message=f"The gradient is shattered: at {signals.taps[0].name} examples pull in unrelated directions.",
        cause=_cause(signals),
        evidence=(
            Measurement(
                statistic="output_gradient_coherence", value=settled, threshold=options.shattered, comparison="<=",
                layer=signals.taps[0].name, step=signals.steps[-1], seed=signals.run.seed,
                meaning="1 is what they have at the output, 0 is none",
            ),
        ),
        layers=_ill(signals, options),
        clear=settled <= options.shattered - BORDER,
        from_start=at_start <= options.folded,
    )  # fmt: skip


def _first(signals: Signals, step: int) -> float | None:
    """Coherence at the first hidden layer that has one."""
    values = signals.values(step, "output_gradient_coherence", signals.taps)
    return values[0][1] if values else None


def _ill(signals: Signals, options: Options) -> tuple[Layer, ...]:
    values = signals.values(signals.steps[-1], "output_gradient_coherence", signals.taps)
    return tuple(layer for layer, value in values if value <= options.shattered) or signals.taps[:1]


def _cause(signals: Signals) -> str:
    if any(layer.family == "operation" for layer in signals.layers):
        return "The layers outweigh the shortcuts around them, and each folds the gradient in its own way."
    return f"{len(signals.taps)} layers without shortcuts: each folds the gradient of each example in its own way."
