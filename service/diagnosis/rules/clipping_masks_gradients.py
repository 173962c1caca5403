"""Clipping decides every step, or hides what is wrong with the gradient.

What it measures: at how many probes clipping changed the gradients, how far their norm was above the bound, and
whether gradients were infinite before a clipping by value made them look sound.

Why it matters: a bound far below the gradient's usual norm turns every step into one of fixed length, so that a rate
which looks usual moves nothing; a clamp over infinite gradients makes a broken run look finite.

Fires on: clipping by norm at every probe with norms at ten times the bound or more, under an optimiser that follows
the gradient's size, in a network that learns nothing; infinite gradients clipped by value.

Stays silent on: clipping now and then, which is what it is for; large gradients with which the network learns.

Source: Pascanu et al. (2013) for clipping by norm at the usual norm; cut-offs from this project's own measurements.
"""

import math
from statistics import median

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement


class Options(RuleOptions):
    """What can be set of it."""

    far: float = Field(10.0, ge=1, le=1e9)
    """Times the bound that the gradient's usual norm must be."""
    moved: float = Field(0.04, ge=0, le=10)
    """Sum of updates over the plan below which nothing moves."""


DEFAULTS = Options()


@rule(
    "GC502",
    "clipping-masks-gradients",
    severity="warning",
    stage="learning-rate",
    explains=("learning-rate-too-low",),
    options=DEFAULTS,
)
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See clipping that is always at work."""
    clip = signals.submission.training.clip
    hidden = _hidden(signals) if clip.value is not None else None
    if hidden is not None:
        return hidden
    if clip.norm is None or signals.adaptive or signals.learned:
        return None
    probes = [row for row in signals.run.network if row.clipped is not None]
    norms = [row.gradient_norm for row in probes if row.gradient_norm is not None]
    if not norms or any(not row.clipped for row in probes) or not all(map(math.isfinite, norms)):
        return None
    times = median(norms) / clip.norm
    update = signals.highest(signals.update)
    moved = update[0] * signals.planned_steps if update is not None else math.inf
    if times < options.far or moved >= options.moved:
        return None
    return Sighting(
        message=f"Every step is clipped: the gradient's norm is {times:.0f} times the bound of {clip.norm:g}.",
        cause=f"Clipping leaves {1 / times:.1g} of each step, and the rate was chosen as if it left all of it.",
        evidence=(
            Measurement(
                statistic="clipped_share", value=1.0, threshold=1.0, comparison=">=", seed=signals.run.seed,
                meaning=f"at all of {len(probes)} probes",
            ),
            Measurement(
                statistic="norm_over_bound", value=times, threshold=options.far, comparison=">=", seed=signals.run.seed
            ),
            Measurement(
                statistic="reach", value=moved, threshold=options.moved, comparison="<", seed=signals.run.seed,
                meaning="largest update ratio times planned steps",
            ),
        ),
        severity="error",
    )  # fmt: skip


def _hidden(signals: Signals) -> Sighting | None:
    """Infinite gradients that a clamp turned into sound-looking ones."""
    if signals.run.outcome.stopped == "non-finite":
        return None
    skipped = {row.step for row in signals.run.network if row.skipped}
    for step in signals.steps:
        for layer, count in signals.values(step, "weight_gradient_nonfinite_count", signals.weighted):
            if count > 0 and step not in skipped:
                return Sighting(
                    message=f"Clipping by value hides infinite gradients, first those of {layer.name} at step {step}.",
                    cause="The clamp makes finite numbers of infinite ones; their direction means nothing.",
                    evidence=(
                        Measurement(
                            statistic="weight_gradient_nonfinite_count", value=count, threshold=0, comparison=">",
                            layer=layer.name, step=step, seed=signals.run.seed,
                        ),
                    ),
                    layers=(layer,),
                )  # fmt: skip
    return None
