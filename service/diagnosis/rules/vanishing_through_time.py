"""The gradient dies out on its way back through the time steps of a recurrent layer.

What it measures: DT, the ratio (as log10) of the gradient with respect to the layer's input at the first time step and
at the last; and over how many time steps it stays audible.

Why it matters: what came early in the sequence cannot be learned. Weight gradients do not show it: they are the sum
over time, and the last steps are sound.

Fires on: DT ≤ -3 over the last probes in a network that learns nothing although its weights do move.

Stays silent on: short memories, where the gradient falls and does not matter: such a network learns. Networks that
answer at every time step, whose early steps have gradients of their own. Plans too short to move anything.

Source: Bengio et al. (1994); Pascanu et al. (2013); cut-off from this project's own measurements.
"""

import math

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.diagnosis.through_time import Decay, horizon, settled_decays
from service.schemas.diagnosis import Measurement

BORDER = 0.5
AUDIBLE = 1e-2


class Options(RuleOptions):
    """What can be set of it."""

    steep: float = Field(-3.0, ge=-20, le=-0.5)
    """DT over the last probes."""
    moving: float = Field(0.04, ge=0, le=10)
    """Sum of updates over the plan below which the rate is the matter."""


DEFAULTS = Options()


@rule(
    "GC103",
    "vanishing-through-time",
    severity="error",
    stage="architecture",
    explains=(
        "dead-units", "gradient-spikes", "learning-rate-too-low", "no-gradient", "oscillating-loss",
        "saturated-activation", "shattered-gradient", "underflow", "vanishing-gradient", "vanishing-signal",
    ),
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See a recurrent layer whose first time step hears nothing of the loss."""
    decays = [each for each in settled_decays(signals) if each.ratio <= options.steep]
    if not decays or signals.recovering or signals.reach is None or signals.reach < options.moving:
        return None
    worst = min(decays, key=lambda each: each.ratio)
    heard = horizon(signals.run, worst.layer, AUDIBLE)
    return Sighting(
        message=(
            f"The gradient vanishes through time: {_share(worst)} of it arrives at the first time step of"
            f" {worst.layer.name}, so what comes early in a sequence is not learned."
        ),
        cause=_cause(worst, heard),
        evidence=(
            Measurement(
                statistic="time_ratio", value=worst.ratio, threshold=options.steep, comparison="<=",
                layer=worst.layer.name, step=worst.step, seed=signals.run.seed,
                meaning=f"{_share(worst)} of the last time step's gradient",
            ),
            *(
                Measurement(
                    statistic="time_horizon", value=heard[0], threshold=None, layer=worst.layer.name, step=worst.step,
                    meaning=f"of {heard[1]} time steps have more than a hundredth of the last one's gradient",
                )
                for heard in (heard,)
                if heard is not None
            ),
        ),
        layers=tuple(each.layer for each in decays),
        clear=worst.ratio <= options.steep - BORDER,
    )  # fmt: skip


def _share(worst: Decay) -> str:
    return "nothing" if math.isinf(worst.ratio) else f"1e{worst.ratio:.0f}"


def _cause(worst: Decay, heard: tuple[int, int] | None) -> str:
    """By the kind of cell."""
    reach = f" It reaches back over {heard[0]} of {heard[1]} time steps." if heard is not None else ""
    if worst.layer.type == "RNN":
        return f"A plain RNN multiplies the gradient by the same matrix and slope at every time step.{reach}"
    return f"The gates forget: each time step passes on less of the gradient than it receives.{reach}"
