"""The objective has no bottom: the loss can fall for ever, and does.

What it measures: structure, whether anything bounds the slope of a Wasserstein critic (clipped weights, a gradient
penalty, spectral norms), or whether the optimiser maximises a loss; and how far the loss ran away.

Why it matters: the distance that the critic reports is its own scale, so it and its gradients grow without limit, and
the generator is thrown about by them.

Fires on: a critic without any constraint, clearly where its estimate has grown tenfold; a maximised loss that rose.

Stays silent on: critics under weight clipping, a gradient penalty or spectral norms.

Source: Arjovsky et al. (2017); Gulrajani et al. (2017): the dual form holds for 1-Lipschitz critics only.
"""

from statistics import median

from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement

GREW = 10.0
EARLY = 8
"""Steps whose losses are the start."""


@rule(
    "GC205",
    "unbounded-objective",
    severity="error",
    stage="output",
    explains=(
        "exploding-gradient", "exploding-signal", "non-finite-origin", "learning-rate-too-high", "gradient-spikes",
        "diverging-training", "oscillating-loss", "dead-units", "saturated-activation", "vanishing-gradient",
        "not-learning", "shattered-gradient", "vanishing-signal",
    ),
)  # fmt: skip
def detect(signals: Signals) -> Sighting | None:
    """See an objective without a bottom."""
    training = signals.submission.training
    growth = _growth(signals)
    nonfinite = signals.run.outcome.stopped == "non-finite"
    if training.loss.type == "Wasserstein":
        if signals.network != "critic" or _constrained(signals):
            return None
        message = "The critic has no constraint: its estimate of the distance can grow for ever."
        cause = "Without clipped weights, a gradient penalty or spectral norms the objective measures the critic's scale."
    elif training.optimizer.maximize and (growth >= 2 or nonfinite):
        message = "The optimiser maximises the loss, which has no upper bound."
        cause = "`maximize` is meant for rewards; a loss is minimised."
    else:
        return None
    return Sighting(
        message=message,
        cause=cause,
        evidence=(
            Measurement(
                statistic="loss_growth", value=growth, threshold=GREW, comparison=">=", seed=signals.run.seed,
                step=signals.run.outcome.steps_run, meaning="largest loss over that of the first steps, in magnitude",
            ),
        ),
        layers=signals.weighted,
        clear=growth >= GREW or nonfinite,
        latent=False,
    )  # fmt: skip


def _constrained(signals: Signals) -> bool:
    loss = signals.submission.training.loss
    if loss.weight_clip is not None or loss.gradient_penalty is not None:
        return True
    return any(signals.structure.argument(layer, "weight_norm", None) == "spectral" for layer in signals.weighted)


def _growth(signals: Signals) -> float:
    """Largest |loss| over the median of the first steps'."""
    sizes = [abs(row.loss) for row in signals.losses if row.loss is not None]
    early = median(sizes[:EARLY]) if sizes else 0.0
    return max(sizes) / early if early > 0 else 0.0
