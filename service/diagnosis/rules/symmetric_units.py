"""All units of a layer are copies of one another.

What it measures: the spread of a hidden layer's weights around the mean unit's, over their size, at the first probe and
at the last.

Why it matters: units that begin alike get the same gradient and stay alike for ever. A layer of a thousand is then one
unit wide, and with weights of zero it passes neither signal nor gradient. It is no matter of size: scaling is no help.

Fires on: a spread ≤ 1e-3 before the first step that training has not broken up.

Stays silent on: output layers, and layers that begin at zero on purpose and move at the first step (a zero-initialised
residual branch): what surrounds them differs from unit to unit.

Source: Goodfellow et al. (2016), §8.4; the definition.
"""

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement
from service.schemas.plan import Layer


class Options(RuleOptions):
    """What can be set of it."""

    alike: float = Field(0.001, ge=0, le=1)
    """Spread of the units before the first step."""
    apart: float = Field(0.05, ge=0, le=10)
    """Spread from which units count as different."""


DEFAULTS = Options()


@rule(
    "GC108",
    "symmetric-units",
    severity="error",
    stage="initialization",
    explains=(
        "clipping-masks-gradients", "dead-units", "diverging-training", "exploding-gradient",
        "exploding-signal", "gradient-spikes", "learning-rate-too-high", "learning-rate-too-low",
        "missing-bias", "no-gradient", "oscillating-loss", "poor-initialization", "saturated-activation",
        "shattered-gradient", "update-below-precision", "vanishing-gradient", "vanishing-signal",
        "vanishing-through-time",
    ),
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See a hidden layer whose units are and stay the same."""
    pairs = ((layer, _spread(signals, signals.steps[0], layer)) for layer in _hidden(signals))
    ill = [
        (layer, at_start)
        for layer, at_start in pairs
        if at_start is not None
        and at_start <= options.alike
        and (last := _spread(signals, signals.steps[-1], layer)) is not None
        and last < options.apart
    ]
    if not ill:
        return None
    zero = all(_zero(signals, layer) for layer, _ in ill)
    return Sighting(
        message=f"All units of {ill[0][0].name} are copies of one another: they learn the same, or nothing.",
        cause=(
            "The weights begin at zero: every unit gets the same signal and the same gradient."
            if zero
            else "The weights of all units begin with the same values, and nothing tells the units apart."
        ),
        evidence=tuple(
            Measurement(
                statistic="weight_row_spread", value=value, threshold=options.alike, comparison="<=", layer=layer.name,
                step=signals.steps[0], seed=signals.run.seed, meaning="spread of the units over their size",
            )
            for layer, value in ill[:5]
        ),
        layers=tuple(layer for layer, _ in ill),
    )  # fmt: skip


def _hidden(signals: Signals) -> tuple[Layer, ...]:
    """Weighted layers but the last: that one may begin with equal rows."""
    return signals.weighted[:-1] if signals.steps else ()


def _spread(signals: Signals, step: int, layer: Layer) -> float | None:
    row = signals.row(step, layer)
    return None if row is None else row.weight_row_spread


def _zero(signals: Signals, layer: Layer) -> bool:
    row = signals.row(signals.steps[0], layer)
    return row is not None and row.weight_rms == 0
