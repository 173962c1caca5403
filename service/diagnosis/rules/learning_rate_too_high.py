"""The steps are too large: a network that is sound at the start is torn by its own updates.

What it measures: the largest ‖Δw‖/‖w‖ of a step as it was really taken, and the loss's peak against its start,
in a network whose first probe was clean.

Why it matters: at updates of some per cent of the weights a step lands where the gradient that it followed no longer
holds. It is the cheapest illness to cure and the one most often taken for exploding gradients.

Fires on: a clean first probe, then updates ≥ .05 together with a loss that rose over twice its start, a non-finite
number, a layer that the steps killed or saturated, or a signal that no longer depends on the example, in a network that
learns nothing.

Stays silent on: high rates with which the network learns, peaks that a run has come back from before it is cut short,
and networks that exploded before the first step.

Source: the 1e-3 guide for ‖Δw‖/‖w‖ is common practice; cut-offs from this project's own measurements.
"""

import math

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement

ALIVE = 0.1
"""Part of the output that depends on the example, from which there is something to destroy."""


class Options(RuleOptions):
    """What can be set of it."""

    torn: float = Field(0.05, ge=0, le=10)
    """Largest update of a step, as a share of the weights."""
    rose: float = Field(2.0, ge=1, le=1e9)
    """Highest loss over the loss at the start."""
    ruined: float = Field(0.9, ge=0.5, le=1)
    """Share of dead or saturated units, or of the signal that is lost."""


DEFAULTS = Options()


@rule(
    "GC403",
    "learning-rate-too-high",
    severity="error",
    stage="learning-rate",
    explains=(
        "attenuated-loss-gradient", "clipping-masks-gradients", "dead-units", "diverging-training",
        "exploding-gradient", "exploding-signal", "exploding-through-time", "gradient-spikes", "no-gradient",
        "non-finite-gradient", "non-finite-origin", "oscillating-loss", "overflow", "saturated-activation",
        "shattered-gradient", "vanishing-gradient", "vanishing-signal", "vanishing-through-time",
    ),
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See large updates and a risen loss after a clean start."""
    if signals.learned or not _clean_start(signals):
        return None
    torn = signals.highest(signals.update)
    if torn is None or torn[0] < options.torn:
        return None
    nonfinite = signals.run.outcome.stopped == "non-finite"
    ruined = max(_ruined_share(signals), _forgotten(signals))
    peak = 0.0 if _came_back(signals) else signals.loss_peak
    if not nonfinite and peak < options.rose and ruined < options.ruined:
        return None
    rate = signals.submission.training.optimizer.lr
    named = f"The learning rate {rate:g}" if rate is not None else "The optimiser's default learning rate"
    return Sighting(
        message=f"{named} is too high: a step changes weights by {100 * torn[0]:.0f} % of their size.",
        cause="The network is sound at its first step; the updates tear it apart.",
        evidence=(
            Measurement(
                statistic="update_ratio", value=torn[0], threshold=options.torn, comparison=">=", step=torn[1],
                seed=signals.run.seed, meaning="about 1e-3 is usual",
            ),
            Measurement(
                statistic="loss_peak", value=math.inf if nonfinite else signals.loss_peak, threshold=options.rose,
                comparison=">=", seed=signals.run.seed, meaning="highest loss over the loss at the start",
            ),
            Measurement(
                statistic="ruined_share", value=ruined, threshold=options.ruined, comparison=">=",
                seed=signals.run.seed,
                meaning="dead or saturated units of the worst layer, or part of the signal that is lost, at the end",
            ),
        ),
        layers=tuple(layer for layer, value in signals.updates(torn[1]) if value >= options.torn),
        clear=nonfinite
        or (torn[0] >= 2 * options.torn
        and (peak >= 1.5 * options.rose or ruined >= options.ruined)),
    )  # fmt: skip


def _ruined_share(signals: Signals) -> float:
    """Largest share of dead or saturated units of any layer over the last probes."""

    def worst(step: int) -> float | None:
        names = ("activation_dead_share", "activation_saturated_share")
        shares = [share for name in names for _, share in signals.values(step, name, signals.taps)]
        return max(shares, default=None)

    return signals.settled(worst) or 0.0


def _forgotten(signals: Signals) -> float:
    """Part of the last hidden output's dependence on the example that training has destroyed."""
    before, after = signals.signal(signals.steps[0]), signals.settled(signals.signal)
    return 1 - after / before if before is not None and before >= ALIVE and after is not None else 0.0


def _came_back(signals: Signals) -> bool:
    """Whether a run that is cut short has come back from its peak: that it learns nothing is not known of it."""
    return signals.cut_short and signals.skill is not None and signals.skill > 0


def _clean_start(signals: Signals) -> bool:
    """Whether signal and gradient keep their size over depth before the first step."""
    if not signals.steps:
        return False
    first = signals.steps[0]
    ratios = (signals.depth_ratio(first), signals.signal_ratio(first))
    saturation = signals.saturation(first) or 0.0
    return (
        all(ratio is None or (math.isfinite(ratio) and ratio < 1.5) for ratio in ratios) and saturation < 0.5
    )
