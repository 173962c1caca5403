"""The loss ends far above where it began.

What it measures: the mean loss of the run's last tenth over its start, which is the larger of the first loss and that
of the best constant prediction.

Why it matters: the network is worse than one that has learned nothing, and further steps make it worse still.

Fires on: a last loss of more than twice the start.

Stays silent on: peaks that the run comes back from, objectives without a constant prediction to compare with, and runs
that ended in a non-finite number, whose place is told instead.

Source: the definition; the factor is from this project's own measurements.
"""

import math

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement

CLEARLY = 1.5
"""Times the bound."""


class Options(RuleOptions):
    """What can be set of it."""

    rose: float = Field(2.0, ge=1, le=1e9)
    """Last loss over the loss at the start."""


DEFAULTS = Options()


@rule(
    "GC204",
    "diverging-training",
    severity="error",
    stage="consequence",
    explains=("gradient-spikes", "not-learning", "oscillating-loss"),
    residual=True,
    options=DEFAULTS,
)
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See a loss that ends above twice its start."""
    outcome = signals.run.outcome
    if signals.learned or outcome.trivial_loss is None or outcome.last_loss is None or not signals.start > 0:
        return None
    rise = outcome.last_loss / signals.start
    if not math.isfinite(rise) or rise <= options.rose:
        return None
    return Sighting(
        message="Training diverges: the loss ends far above where it began.",
        cause="The steps carry the weights away from every minimum instead of toward one.",
        evidence=(
            Measurement(
                statistic="loss_rise", value=rise, threshold=options.rose, comparison=">", step=outcome.steps_run,
                seed=signals.run.seed, meaning="last loss over the loss at the start",
            ),
        ),
        layers=(),
        clear=rise > CLEARLY * options.rose,
        from_start=False,
        latent=False,
    )  # fmt: skip
