"""Now and then a step's gradient is a thousand times what it usually is.

What it measures: the largest norm of the gradient over its median, over all probed steps; and how often the loss leaps
above its recent level by more than the whole distance that it began with.

Why it matters: one such step undoes hundreds of others. Means over time hide it, and it ends in a non-finite number on
the day when the spike is large enough.

Fires on: a largest norm of more than 1000 times the median, or two leaps of the loss or more, in a network that learns
nothing.

Stays silent on: gradients that fall as the network learns, and steps that loss scaling skipped.

Source: Pascanu et al. (2013) on cliffs; Chowdhery et al. (2022) on loss spikes; cut-offs from this project's own
measurements.
"""

import math
from statistics import median

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement

RECENT = 9


class Options(RuleOptions):
    """What can be set of it."""

    spike: float = Field(1e3, ge=1, le=1e12)
    """Largest norm of the gradient over its median."""
    leaps: int = Field(2, ge=1, le=1000)
    """Leaps of the loss."""


DEFAULTS = Options()


@rule(
    "GC206",
    "gradient-spikes",
    severity="warning",
    stage="consequence",
    explains=("oscillating-loss",),
    residual=True,
    options=DEFAULTS,
)
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See isolated gradients far above their median, or leaps of the loss."""
    spike, leaps = _spike(signals), _leaps(signals)
    if signals.learned or (spike[0] <= options.spike and leaps < options.leaps):
        return None
    return Sighting(
        message="The gradient spikes: single steps are far larger than the others and undo what those have learned.",
        cause="The loss has cliffs: here and there a small step of the weights changes it by orders of magnitude.",
        evidence=(
            Measurement(
                statistic="gradient_spike", value=spike[0], threshold=options.spike, comparison=">", step=spike[1],
                seed=signals.run.seed, meaning="largest norm of the gradient over its median",
            ),
            Measurement(
                statistic="loss_leaps", value=leaps, threshold=options.leaps, comparison=">=", seed=signals.run.seed,
                meaning="leaps of the loss above its recent level by more than it began with",
            ),
        ),
        layers=(),
        clear=spike[0] > 3 * options.spike or leaps > options.leaps,
        from_start=False,
    )  # fmt: skip


def _spike(signals: Signals) -> tuple[float, int | None]:
    """Largest norm over the median, not counting steps that never were; and its step."""
    norms = [
        (row.gradient_norm, row.step)
        for row in signals.run.network
        if row.gradient_norm is not None and math.isfinite(row.gradient_norm) and not row.skipped
    ]
    middle = median(norm for norm, _ in norms) if norms else 0.0
    largest = max(norms, default=(0.0, None))
    return (largest[0] / middle if middle > 0 else 0.0), largest[1]


def _leaps(signals: Signals) -> int:
    """Steps whose loss is above the median of those before it by more than the loss at the start."""
    losses = [row.loss for row in signals.losses if row.loss is not None and math.isfinite(row.loss)]
    if signals.run.outcome.trivial_loss is None or not signals.start > 0:
        return 0
    recent = ((loss, median(losses[max(0, at - RECENT) : at])) for at, loss in enumerate(losses) if at)
    return sum(loss > level + signals.start and loss > 2 * level for loss, level in recent)
