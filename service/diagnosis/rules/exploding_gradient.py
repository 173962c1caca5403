"""The gradient grows on its way from the loss to the first layers.

What it measures: D, the ratio (as log10) of the gradient's norm with respect to the first hidden layer's output and
the last one's, at every probe.

Why it matters: a step that suits the last layers throws the first ones about, and one that suits the first ones leaves
the last ones standing. It ends in NaN or in noise.

Fires on: D ≥ 2 at any probe.

Stays silent on: large raw gradients alone (the scale of the loss is no illness, and clipping deals with it), and
growth of the forward signal, which is `exploding-signal`.

Source: Pascanu et al. (2013); Yang et al. (2019) for batch normalisation without shortcuts, whose gradient grows
by about 1.2 per layer; thresholds from this project's own measurements on networks labelled by outcome.
"""

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
    """D at any probe."""


DEFAULTS = Options()


@rule(
    "GC201",
    "exploding-gradient",
    severity="error",
    stage="architecture",
    explains=(
        "clipping-masks-gradients", "dead-units", "diverging-training", "gradient-spikes",
        "learning-rate-too-low", "non-finite-gradient", "non-finite-origin", "oscillating-loss", "overflow",
        "saturated-activation", "shattered-gradient", "vanishing-gradient", "vanishing-signal",
    ),
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See D above two orders of magnitude at any probe."""
    growth = signals.highest(signals.depth_ratio)
    if growth is None or growth[0] < options.steep:
        return None
    value, step = growth
    return Sighting(
        message="The gradient explodes over depth: every layer hands back more than it gets.",
        cause=_cause(signals),
        evidence=(
            Measurement(
                statistic="depth_ratio", value=value, threshold=options.steep, comparison=">=", step=step,
                seed=signals.run.seed,
                meaning=f"going backward it grows by 1e{value:.1f} over {len(signals.taps)} layers",
            ),
        ),
        layers=_ill(signals, step),
        clear=value >= options.steep + BORDER,
        from_start=(signals.depth_ratio(signals.steps[0]) or 0.0) >= GROWING,
    )  # fmt: skip


def _ill(signals: Signals, step: int) -> tuple[Layer, ...]:
    """Taps whose gradient is more than ten times that of the last one."""
    norms = signals.gradient_norms(step)
    return tuple(layer for layer, value in norms if not value <= norms[-1][1] * 10) or (norms[0][0],)


def _cause(signals: Signals) -> str:
    """Which of the known ways to explode this is."""
    normalized = any(layer.family == "normalization" for layer in signals.layers)
    shortcuts = any(layer.family == "operation" for layer in signals.layers)
    if normalized and not shortcuts:
        return (
            "Deep normalisation without shortcuts: the forward signal is held, and every layer multiplies the"
            " gradient by a factor above one."
        )
    return "The layers amplify what passes through them backward more than forward."
