"""The loss is a sum, and every step as many times too large as the sum has terms.

What it measures: the loss's reduction, the number of terms in a batch, and whether steps under an optimiser that
follows the gradient's size tear the weights.

Why it matters: a rate that suits the mean is 64 times too large for a sum over 64 examples, and grows again with the
next change of the batch size or the sequence length.

Fires on: reduction: sum without adaptive optimiser and without clipping by norm, where updates ≥ .05 of the weights,
a risen loss or a non-finite number show it, in a network that learns nothing.

Stays silent on: sums with a rate to match, with which the network learns; adaptive optimisers and clipping by norm,
which take the size away again.

Source: arithmetic; the bound on updates is that of learning-rate-too-high.
"""

from math import prod

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.progress import ADAPTIVE
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.diagnosis.structure import Structure
from service.schemas.diagnosis import Measurement

LARGE = 1.0
"""Rate times terms from which it is told before anything has run."""
SIZELESS = ADAPTIVE | {"Rprop"}


class Options(RuleOptions):
    """What can be set of it."""

    torn: float = Field(0.05, ge=0, le=10)
    """Largest update of a step, as a share of the weights."""
    rose: float = Field(2.0, ge=1, le=1e9)
    """Highest loss over the loss at the start."""


DEFAULTS = Options()


def inspect(structure: Structure) -> Sighting | None:
    """See a sum with a rate that would be large for a mean."""
    terms = _terms(structure)
    rate = structure.submission.training.optimizer.lr
    if terms is None or rate is None or rate * terms < LARGE:
        return None
    return _sighting(structure, terms, contributory=True)


@rule(
    "GC405",
    "loss-reduction-scale",
    severity="error",
    stage="output",
    explains=(
        "clipping-masks-gradients", "dead-units", "diverging-training", "exploding-gradient", "exploding-signal",
        "gradient-spikes", "learning-rate-too-high", "non-finite-gradient", "non-finite-origin", "oscillating-loss",
        "overflow", "saturated-activation", "vanishing-gradient", "vanishing-signal",
    ),
    inspect=inspect,
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See the steps of a sum tear a network that was sound."""
    terms = _terms(signals.structure)
    if terms is None or terms < 2 or signals.learned:
        return None
    torn = signals.highest(signals.update)
    nonfinite = signals.run.outcome.stopped == "non-finite"
    if not nonfinite and (torn is None or torn[0] < options.torn) and signals.loss_peak < options.rose:
        return None
    update = () if torn is None else (
        Measurement(
            statistic="update_ratio", value=torn[0], threshold=options.torn, comparison=">=", step=torn[1],
            seed=signals.run.seed, meaning=f"of a mean it would be about {torn[0] / terms:.1e}",
        ),
    )  # fmt: skip
    return _sighting(signals.structure, terms, evidence=update)


def _sighting(
    structure: Structure, terms: int, *, evidence: tuple[Measurement, ...] = (), contributory: bool = False
) -> Sighting:
    rate = structure.submission.training.optimizer.lr
    acts = f"a rate of {rate:g} acts like {rate * terms:g}" if rate is not None else "so is every step"
    return Sighting(
        message=f"The loss is summed over {terms} terms: it is {terms} times the mean, and {acts}.",
        cause="reduction: sum makes the size of a step depend on the batch. Take the mean, or divide the rate.",
        evidence=(
            Measurement(
                statistic="loss_terms", value=terms, threshold=1, comparison=">", meaning="terms in a batch"
            ),
            *evidence,
        ),
        severity="warning" if contributory else None,
        contributory=contributory,
    )


def _terms(structure: Structure) -> int | None:
    """Terms of the sum in one batch; None where no sum shapes the step."""
    training = structure.submission.training
    if training.loss.reduction != "sum" or training.optimizer.type in SIZELESS or training.clip.norm:
        return None
    target, data = structure.target, structure.data
    examples = min(training.batch_size, data.examples) if data is not None else training.batch_size
    return examples * (prod(target.shape) if target is not None else 1)
