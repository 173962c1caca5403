"""The loss stays on a plateau.

What it measures: the skill against the best constant prediction at the end of the run, and where the loss's slope
over its second half would bring it by the end of the plan.

Why it matters: the network learns nothing, and where no other rule sees a cause it does not lie in the gradients: a
task that the network cannot express, a saddle such as that of sigmoid networks on XOR, labels that are noise.

Fires on: a skill below .3 that the slope will not bring above it within the plan. It says what is the case and not
why, so alone it is a note, and the verdict inconclusive.

Stays silent on: losses that still fall fast enough; runs of fewer than 16 steps, or that another finding ended
before their budget; objectives without a trivial predictor.

Source: skill as in forecast verification; cut-offs from this project's own measurements.
"""

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement


class Options(RuleOptions):
    """What can be set of it."""

    learning: float = Field(0.3, ge=0, le=1)
    """Skill that the loss must be on its way to."""


DEFAULTS = Options()


@rule("GC504", "not-learning", severity="note", stage="consequence", residual=True, options=DEFAULTS)
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See a loss that does not move."""
    skill, coming = signals.skill, signals.projected_skill
    if skill is None or coming is None or signals.learned or signals.cut_short or coming >= options.learning:
        return None
    return Sighting(
        message=f"The network is not learning: its skill is {skill:.2g} and does not rise.",
        cause=(
            "The loss lies on a plateau. Where nothing else is found the cause is not in the gradients: the task, the"
            " labels, the capacity of the network, or a saddle that another start would miss."
        ),
        evidence=(
            Measurement(
                statistic="skill", value=skill, threshold=options.learning, comparison="<", seed=signals.run.seed,
                meaning="0 is the best constant prediction, 1 is perfect",
            ),
            Measurement(
                statistic="projected_skill", value=coming, threshold=options.learning, comparison="<",
                seed=signals.run.seed, meaning=f"at the present slope after all {signals.planned_steps} planned steps",
            ),
        ),
        latent=False,
    )  # fmt: skip
