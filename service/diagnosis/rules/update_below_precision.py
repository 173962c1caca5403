"""Steps are taken and nothing moves: what the optimiser adds is lost in rounding, or ruled by its eps.

What it measures: the share of weights with a gradient that a step left as they were, to the bit, where weights are kept
in 16 bits; the share of weights whose √v̂ is below Adam's eps, and how much of its nominal step Adam then takes;
whether eps is a number at all in the precision that it is computed in.

Why it matters: gradients are sound, the loss stands still, and a larger rate only moves the day of the explosion.
A bf16 weight cannot change by less than a 256th of itself; an eps above the gradients turns Adam into slow SGD.

Fires on: 16-bit weights of which a step leaves ≥ 60 % unmoved, with a sound gradient over depth; eps above ≥ 90 % of √v̂
with a tenth of the nominal step; an eps that fp16 rounds to zero in a run that went non-finite.

Stays silent on: 32-bit weights (there the rate is too low, and is named), vanishing gradients, networks that learn.

Source: Kalamkar et al. (2019) on master weights for bfloat16; arithmetic; shares from this project's own measurements.
"""

from statistics import median

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement

BORDER = 0.1
VANISHING = -2.5
SMALLEST = {"fp16": 2.0**-25, "bf16": 0.0, "fp32": 0.0}
"""Half of the smallest positive number: what is below it is rounded to zero."""
DEFAULT_EPS, DEFAULT_RATE = 1e-8, 1e-3


class Options(RuleOptions):
    """What can be set of it."""

    lost: float = Field(0.6, ge=0, le=1)
    """Share of 16-bit weights that a step leaves as they were."""
    below: float = Field(0.9, ge=0, le=1)
    """Share of weights whose √v̂ is below Adam's eps."""
    taken: float = Field(0.1, ge=0, le=1)
    """Share of its nominal step that Adam takes."""


DEFAULTS = Options()


@rule(
    "GC106",
    "update-below-precision",
    severity="error",
    stage="precision",
    explains=(
        "learning-rate-too-low", "non-finite-origin", "underflow", "not-learning", "non-finite-gradient",
        "overflow", "no-gradient",
    ),
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See updates that are rounded away, or that eps holds down."""
    return _rounded_eps(signals) or _rounded_steps(signals, options) or _held_down(signals, options)


def _rounded_eps(signals: Signals) -> Sighting | None:
    """The eps is zero in the precision of the optimiser's state: where v̂ is too, a step divides zero by zero."""
    training = signals.submission.training
    eps = _eps(signals)
    if not signals.adaptive or training.precision_mode != "pure" or eps >= SMALLEST[training.precision]:
        return None
    if signals.run.outcome.stopped != "non-finite":
        return None
    return Sighting(
        message=f"{training.optimizer.type}'s eps of {eps:g} is zero in {training.precision}: a step divides by it.",
        cause="Squares of small gradients are rounded to zero in 16 bits, and so is the eps that should guard them.",
        evidence=(
            Measurement(
                statistic="eps", value=eps, threshold=SMALLEST[training.precision], comparison="<",
                seed=signals.run.seed, meaning="rounded to zero",
            ),
        ),
        layers=signals.weighted,
        latent=False,
    )  # fmt: skip


def _rounded_steps(signals: Signals, options: Options) -> Sighting | None:
    """Most weights are as they were after a step that had a gradient for them."""
    training = signals.submission.training
    if training.precision == "fp32" or training.precision_mode != "pure" or _vanishing(signals):
        return None
    lost = signals.settled(lambda step: _middle(signals, step, "update_lost_share"))
    if lost is None or not lost >= options.lost:
        return None
    return Sighting(
        message=f"Weights kept in {training.precision} do not move: most updates are rounded away.",
        cause=f"A step is smaller than the distance from a {training.precision} weight to the next one.",
        evidence=(
            Measurement(
                statistic="update_lost_share", value=lost, threshold=options.lost, comparison=">=",
                step=signals.steps[-1], seed=signals.run.seed,
                meaning="of the weights with a gradient are as they were, to the bit",
            ),
        ),
        layers=signals.weighted,
        clear=lost >= options.lost + BORDER,
    )  # fmt: skip


def _held_down(signals: Signals, options: Options) -> Sighting | None:
    """Adam's eps is above its gradients, and it takes a fraction of the step that its rate names."""
    below = signals.settled(lambda step: _middle(signals, step, "adam_epsilon_share"))
    taken = signals.settled(lambda step: _taken(signals, step))
    if (
        below is None
        or taken is None
        or below < options.below
        or not 0 < taken <= options.taken
        or _vanishing(signals)
    ):
        return None
    kind, eps = signals.submission.training.optimizer.type, _eps(signals)
    return Sighting(
        message=f"{kind}'s eps of {eps:g} is above the gradients and holds the steps down.",
        cause=f"Where √v̂ is below eps, the step is the rate times gradient/eps: here {100 * taken:.1g} % of the rate.",
        evidence=(
            Measurement(
                statistic="adam_epsilon_share", value=below, threshold=options.below, comparison=">=",
                step=signals.steps[-1], seed=signals.run.seed, meaning="of the weights have √v̂ below eps",
            ),
            Measurement(
                statistic="step_share", value=taken, threshold=options.taken, comparison="<=", step=signals.steps[-1],
                seed=signals.run.seed, meaning="of the step that the learning rate names is taken",
            ),
        ),
        layers=signals.weighted,
        clear=taken <= options.taken / 3,
    )  # fmt: skip


def _eps(signals: Signals) -> float:
    eps = signals.submission.training.optimizer.eps
    return DEFAULT_EPS if eps is None else eps


def _vanishing(signals: Signals) -> bool:
    """Whether the gradient is lost on its way already: then nothing else needs a reason."""
    ratio = signals.settled(signals.depth_ratio)
    return ratio is not None and not ratio > VANISHING


def _middle(signals: Signals, step: int, statistic: str) -> float | None:
    """Median of a share over weighted layers."""
    shares = [share for _, share in signals.values(step, statistic, signals.weighted)]
    return median(shares) if shares else None


def _taken(signals: Signals, step: int) -> float | None:
    """The largest RMS of a layer's change over the learning rate: about 1 for an Adam that its gradients rule."""
    rate = next((row.learning_rate for row in signals.run.network if row.step == step), None)
    sizes = dict(signals.values(step, "weight_rms", signals.weighted))
    changes = [ratio * sizes[layer] for layer, ratio in signals.updates(step) if layer in sizes]
    return max(changes) / rate if changes and rate else None
