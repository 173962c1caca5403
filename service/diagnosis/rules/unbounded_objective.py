"""The objective has no bottom: the loss can fall for ever, and does.

What it measures: structure, whether anything bounds the slope of a Wasserstein critic (clipped weights, a gradient
penalty, spectral norms), or whether the optimiser maximises a loss; and by how much the gradient or the loss has grown.

Why it matters: the distance that the critic reports is its own scale, so it and its gradients grow without limit, and
the generator is thrown about by them.

Fires on: a critic without any constraint, clearly where its gradient has grown tenfold; a maximised loss that rose.

Stays silent on: critics under weight clipping, a gradient penalty or spectral norms.

Source: Arjovsky et al. (2017); Gulrajani et al. (2017): the dual form holds for 1-Lipschitz critics only.
"""

import math

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement


class Options(RuleOptions):
    """What can be set of it."""

    grew: float = Field(10.0, ge=1, le=1e9)
    """Times that the gradient of a critic's answer has grown."""
    rose: float = Field(2.0, ge=1, le=1e9)
    """Times that a maximised loss has grown."""


DEFAULTS = Options()


@rule(
    "GC205",
    "unbounded-objective",
    severity="error",
    stage="output",
    explains=(
        "clipping-masks-gradients", "dead-units", "diverging-training", "exploding-gradient",
        "exploding-signal", "gradient-spikes", "learning-rate-too-high", "learning-rate-too-low",
        "non-finite-gradient", "non-finite-origin", "oscillating-loss", "overflow", "saturated-activation",
        "shattered-gradient", "vanishing-gradient", "vanishing-signal",
    ),
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See an objective without a bottom."""
    training = signals.submission.training
    adversarial = training.loss.type == "Wasserstein"
    growth = _steepening(signals) if adversarial else signals.loss_peak
    nonfinite = signals.run.outcome.stopped == "non-finite"
    if adversarial:
        if signals.network != "critic" or _constrained(signals):
            return None
        message = "The critic has no constraint: its estimate of the distance can grow for ever."
        cause = "Without clipped weights, a gradient penalty or spectral norms it measures the critic's own scale."
    elif training.optimizer.maximize and (growth >= options.rose or nonfinite):
        message = "The optimiser maximises the loss, which has no upper bound."
        cause = "`maximize` is meant for rewards; a loss is minimised."
    else:
        return None
    return Sighting(
        message=message,
        cause=cause,
        evidence=(
            Measurement(
                statistic="gradient_growth" if adversarial else "loss_peak", value=growth, threshold=options.grew,
                comparison=">=", seed=signals.run.seed, meaning="the largest seen over that of the first step",
            ),
        ),
        layers=signals.weighted,
        clear=growth >= options.grew or nonfinite,
        latent=False,
    )  # fmt: skip


def _constrained(signals: Signals) -> bool:
    loss = signals.submission.training.loss
    if loss.weight_clip is not None or loss.gradient_penalty is not None:
        return True
    return any(
        signals.structure.argument(layer, "weight_norm", None) == "spectral" for layer in signals.weighted
    )


def _steepening(signals: Signals) -> float:
    """Largest norm of the generator's gradient over the first: it scales with the critic's slope."""
    norms = [row.gradient_norm for row in signals.run.network if row.gradient_norm is not None]
    finite = [norm for norm in norms if math.isfinite(norm)]
    return max(finite) / finite[0] if finite and finite[0] > 0 else 0.0
