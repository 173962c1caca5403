"""The steps are so small that the plan ends before anything has moved.

What it measures: the largest ‖Δw‖/‖w‖ of a step, added up over the planned steps as probes saw it rise and fall with
the schedule: how far any layer can get.

Why it matters: all gradients are sound, the loss hardly falls, and the run looks healthy while it wastes its budget.

Fires on: a sum of updates below .04, nothing else wrong, and a network that learns nothing.

Stays silent on: small rates in long plans, warm-ups that the run has not left, and networks that learn.

Source: cut-off from this project's own measurements.
"""

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement

HALF_MEASURED = 0.5


class Options(RuleOptions):
    """What can be set of it."""

    reach: float = Field(0.04, ge=0, le=10)
    """Sum of updates over the plan."""


DEFAULTS = Options()


@rule("GC404", "learning-rate-too-low", severity="error", stage="learning-rate", options=DEFAULTS)
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See that no layer moves by a twenty-fifth of its size within the whole plan."""
    if signals.learned or signals.skill is None or _warming_up(signals):
        return None
    update = signals.highest(signals.update)
    reach = signals.reach
    if update is None or reach is None or reach >= options.reach:
        return None
    rate = signals.submission.training.optimizer.lr
    named = f"The learning rate {rate:g}" if rate is not None else "The optimiser's default learning rate"
    return Sighting(
        message=f"{named} is too low: the whole plan moves no layer by more than {100 * reach:.2g} % of its size.",
        cause=f"Each of {signals.planned_steps} steps changes weights by {update[0]:.1e} of their size at most.",
        evidence=(
            Measurement(
                statistic="reach", value=reach, threshold=options.reach, comparison="<", seed=signals.run.seed,
                meaning="sum of the largest update ratios over the planned steps",
            ),
            Measurement(
                statistic="update_ratio", value=update[0], threshold=options.reach / signals.planned_steps,
                comparison="<", step=update[1], seed=signals.run.seed,
            ),
        ),
        layers=signals.weighted,
        clear=reach < options.reach * HALF_MEASURED,
    )  # fmt: skip


def _warming_up(signals: Signals) -> bool:
    """Whether the run ended before the schedule's warm-up did."""
    return signals.run.outcome.steps_run <= signals.submission.training.schedule.warmup_steps
