"""A network without biases answers zero inputs always the same, whatever it learned.

What it measures: structure: no layer adds a constant, and every activation leaves zero at zero. Then the output at
zero is fixed, and scaling an input only scales the output (ReLU) or mirrors it (tanh).

Why it matters: examples that are zero cannot be told apart from one another or moved off the fence, and classes that
differ by their size alone (one circle inside another) cannot be told at all.

Fires on: such a network that learns little; an error where it learns nothing, or on data that are known to hold zeros
or to differ by size, else a warning.

Stays silent on: networks with one bias or one activation that is not zero at zero (sigmoid, softplus), with
normalisation that shifts, with embeddings or recurrent gates; networks that learn all the same.

Source: arithmetic.
"""

from dataclasses import replace

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.diagnosis.structure import Structure
from service.schemas.data import BuiltinData
from service.schemas.diagnosis import Measurement
from service.schemas.plan import Layer

ZERO_AT_ZERO = frozenset(
    {
        "ReLU", "ReLU6", "LeakyReLU", "PReLU", "RReLU", "Tanh", "Softsign", "Tanhshrink", "Hardtanh", "Hardshrink",
        "Softshrink", "GELU", "SiLU", "Mish", "SELU", "ELU", "CELU", "Hardswish", "Sine",
    }
)  # fmt: skip
BIASED = frozenset({"linear", "convolution"})
STILL = frozenset({"shape", "dropout", "pooling", "operation"})
ZEROS = {
    "xor": "one row of four is zero",
    "and": "one row of four is zero",
    "circles": "the classes differ by size",
}


class Options(RuleOptions):
    """What can be set of it."""

    hardly: float = Field(0.1, ge=0, le=1)
    """Skill below which nothing is learned, so that it is an error on any data."""


DEFAULTS = Options()


def inspect(structure: Structure) -> Sighting | None:
    """See a network that adds no constant, on data that need one."""
    return _sighting(structure) if _known(structure) is not None else None


@rule(
    "GC503",
    "missing-bias",
    severity="error",
    stage="architecture",
    explains=("dead-units", "learning-rate-too-low"),
    inspect=inspect,
    options=DEFAULTS,
)
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See it in a network that learns nothing; before its budget has run out that is no more than a note."""
    seen = _sighting(signals.structure)
    if seen is None or signals.learned:
        return seen
    if signals.cut_short:
        return replace(seen, severity="note")
    nothing = signals.skill is not None and signals.skill < options.hardly
    return replace(seen, severity="error") if nothing else seen


def _sighting(structure: Structure) -> Sighting | None:
    computing = tuple(layer for layer in structure.layers if layer.family in BIASED)
    if not computing or not all(_centred(structure, layer) for layer in structure.layers):
        return None
    known = _known(structure)
    return Sighting(
        message="No layer has a bias: the answer to a zero input is fixed, whatever is learned.",
        cause=(
            f"In these data {known}, and without a bias nothing can move the answer there."
            if known
            else "Every layer leaves zero at zero, so no threshold can be learned anywhere."
        ),
        evidence=(
            Measurement(
                statistic="biases",
                value=0,
                threshold=0,
                comparison="<=",
                meaning=f"in {len(computing)} layers",
            ),
        ),
        layers=computing,
        severity=None if known else "warning",
        contributory=known is None,
    )


def _known(structure: Structure) -> str | None:
    data = structure.submission.data
    return ZEROS.get(data.name) if isinstance(data, BuiltinData) and data.preprocess == "none" else None


def _centred(structure: Structure, layer: Layer) -> bool:
    """Whether a layer gives zero for zero, or only shapes the network's output."""
    if layer in structure.tail or layer.family in STILL:
        return True
    if layer.family in BIASED:
        return structure.argument(layer, "bias", True) is False
    return layer.family == "activation" and layer.type in ZERO_AT_ZERO
