"""The network's last layers and its loss do not go together.

What it measures: structure alone: the activations that the network ends in, what the loss expects of them, and
which targets the data give. Nothing has to run for it; what became of the run only says how much it hurt.

Why it matters: half of all faulty programs in practice have their fault here. A softmax over one unit has no
gradient at all; a second softmax squeezes the loss into a third of its range; a missing one lets it fall for ever.

Fires on: a softmax over one unit; softmax or sigmoid applied twice, or before a loss that expects
logits; ReLU or tanh there; no softmax, sigmoid or logarithm where the loss expects one; an output whose range cannot
hold the targets; mean errors for classes; a binary loss with several units and the reverse; a critic that is bounded.

Stays silent on: LogSoftmax before CrossEntropyLoss (it changes nothing), more units than classes, normalised
probabilities before a binary loss. Where the network learns all the same, what only slows is a note.

Source: Humbatova et al. (2020) and Cao et al. (2022) for how often it is the fault; torch.nn's documentation for
what each loss expects; the rest is arithmetic.
"""

from pydantic import Field

from service.diagnosis.mismatches import Mismatch, mismatch
from service.diagnosis.options import RuleOptions
from service.diagnosis.progress import GAINED, LEARNING
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.diagnosis.structure import Structure
from service.schemas.diagnosis import Measurement


class Options(RuleOptions):
    """What can be set of it."""

    hardly: float = Field(0.5, ge=0, le=1)
    """Progress below which a network that should only be slowed is kept from learning within the budget."""


DEFAULTS = Options()


def inspect(structure: Structure) -> Sighting | None:
    """See what the structure alone gives away."""
    found = mismatch(structure)
    if found is None:
        return None
    output = structure.output
    last = structure.tail[-1:] or ((output,) if output is not None else ())
    return Sighting(
        message=found.message,
        cause=found.cause,
        evidence=(
            Measurement(
                statistic="output_units", value=structure.units, threshold=None,
                layer=last[0].name if last else None, meaning=_ending(structure),
            ),
        ),
        layers=last,
        severity="error" if found.blocks else "warning",
        contributory=not found.blocks,
        explains=None if found.blocks else found.explains,
    )  # fmt: skip


@rule(
    "GC402",
    "output-loss-mismatch",
    severity="error",
    stage="output",
    explains=(
        "attenuated-loss-gradient", "clipping-masks-gradients", "dead-units", "diverging-training",
        "exploding-gradient", "exploding-signal", "gradient-spikes", "learning-rate-too-high",
        "learning-rate-too-low", "no-gradient", "non-finite-gradient", "non-finite-origin", "oscillating-loss",
        "overflow", "saturated-activation", "unbounded-objective", "vanishing-gradient", "vanishing-signal",
    ),
    inspect=inspect,
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See the same, graded by what became of the run."""
    seen, found = inspect(signals.structure), mismatch(signals.structure)
    if seen is None or found is None:
        return None
    progress = _progress(signals, found)
    learns = progress is not None and progress >= 1
    told = [] if progress is None else [_measured(signals, progress)]
    severity = seen.severity
    if not found.blocks and not learns:
        stuck = progress is not None and progress <= options.hardly
        severity = "note" if signals.cut_short else "error" if stuck else "warning"
    return Sighting(
        message=seen.message,
        cause=seen.cause,
        evidence=(*seen.evidence, *told),
        layers=seen.layers,
        severity=severity,
        contributory=seen.contributory,
        explains=seen.explains,
        latent=learns and found.forgivable,
    )


def _progress(signals: Signals, found: Mismatch) -> float | None:
    """How far it got on the way to what counts as learning; 1 is there.

    By accuracy where that is known, because the loss itself may be squeezed; else by the skill that is left.
    """
    if signals.run.outcome.stopped == "non-finite":
        return 0.0
    if signals.gain is not None:
        return signals.gain / GAINED
    return None if signals.skill is None else signals.skill / (LEARNING * (1 - found.lost))


def _measured(signals: Signals, progress: float) -> Measurement:
    return Measurement(
        statistic="progress", value=progress, threshold=1.0, comparison=">=", seed=signals.run.seed,
        meaning="of the way from guessing to what counts as learning",
    )  # fmt: skip


def _ending(structure: Structure) -> str:
    """The network's end in words."""
    kinds = [layer.type for layer in structure.tail] or ["no activation"]
    return f"{structure.units} units, {', then '.join(kinds)}, then {structure.submission.training.loss.type}"
