"""The steps are so small that the plan ends before anything has moved.

What it measures: the largest ‖Δw‖/‖w‖ of a step, added up over the planned steps as probes saw it rise and fall with
the schedule: how far any layer can get.

Why it matters: all gradients are sound, the loss hardly falls, and the run looks healthy while it wastes its budget.

Fires on: a sum of updates below .04, or a schedule whose rates add up to fewer than ten steps of its largest and to
a twentieth of the plan, nothing else wrong, and a network that learns nothing.

Stays silent on: small rates in long plans, warm-ups that the run has not left, and networks that learn.

Source: cut-off from this project's own measurements.
"""

from itertools import pairwise

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement

HALF_MEASURED = 0.5
SHORT = 0.05
"""Part of the plan that a schedule must be far below to have ended the training too soon."""


class Options(RuleOptions):
    """What can be set of it."""

    reach: float = Field(0.04, ge=0, le=10)
    """Sum of updates over the plan."""
    whole_steps: float = Field(10.0, ge=0, le=1e6)
    """Steps of the largest rate that those of the whole schedule add up to."""


DEFAULTS = Options()


@rule("GC404", "learning-rate-too-low", severity="error", stage="learning-rate", options=DEFAULTS)
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See that no layer moves by a twenty-fifth of its size within the whole plan."""
    if signals.learned or signals.skill is None or _warming_up(signals):
        return None
    update, reach, whole = signals.highest(signals.update), signals.reach, _whole_steps(signals)
    spent = whole is not None and whole < min(options.whole_steps, SHORT * signals.planned_steps)
    if update is None or reach is None or (reach >= options.reach and not spent):
        return None
    rate = signals.submission.training.optimizer.lr
    named = f"The learning rate {rate:g}" if rate is not None else "The optimiser's default learning rate"
    far = reach < options.reach
    return Sighting(
        message=(
            f"{named} is too low: the whole plan moves no layer by more than {100 * reach:.2g} % of its size."
            if far or whole is None
            else f"The schedule ends the training at once: its rates add up to {whole:.2g} steps of the largest."
        ),
        cause=(
            f"Each of {signals.planned_steps} steps changes weights by {update[0]:.1e} of their size at most."
            if far or whole is None
            else f"After that the rate is next to nothing for the rest of {signals.planned_steps} planned steps."
        ),
        evidence=(
            Measurement(
                statistic="reach", value=reach, threshold=options.reach, comparison="<", seed=signals.run.seed,
                meaning="sum of the largest update ratios over the planned steps",
            ),
            Measurement(
                statistic="update_ratio", value=update[0], threshold=options.reach / signals.planned_steps,
                comparison="<", step=update[1], seed=signals.run.seed,
            ),
            *(
                Measurement(
                    statistic="whole_steps", value=steps, threshold=options.whole_steps, comparison="<",
                    seed=signals.run.seed, meaning="sum of the rates over the plan, over the largest",
                )
                for steps in (whole,)
                if spent and steps is not None
            ),
        ),
        layers=signals.weighted,
        clear=reach < options.reach * HALF_MEASURED or spent,
    )  # fmt: skip


def _whole_steps(signals: Signals) -> float | None:
    """How many steps of the largest rate the planned ones add up to, linear between the steps whose rate was kept."""
    rates = [(row.step, row.learning_rate) for row in signals.run.network if row.learning_rate is not None]
    largest = max((rate for _, rate in rates), default=0.0)
    if not largest:
        return None
    between = ((later - step) * (rate + after) / 2 for (step, rate), (later, after) in pairwise(rates))
    last, rate = rates[-1]
    return (sum(between) + max(0, signals.planned_steps - last) * rate) / largest


def _warming_up(signals: Signals) -> bool:
    """Whether the run ended before the schedule's warm-up did."""
    return signals.run.outcome.steps_run <= signals.submission.training.schedule.warmup_steps
