"""Which numbers an activation can give, which numbers the targets take, and how much of these it cannot reach."""

import math
from dataclasses import dataclass

from service.diagnosis.structure import Structure
from service.schemas.data import BuiltinData, SyntheticData
from service.schemas.plan import Layer

_INFINITY = math.inf


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`; with a `scale`, normally distributed around the middle instead."""

    low: float
    high: float
    scale: float | None = None

    @property
    def bounded(self) -> bool:
        """Whether it ends on either side."""
        return self.low > -_INFINITY or self.high < _INFINITY

    @property
    def width(self) -> float:
        """From end to end."""
        return self.high - self.low

    @property
    def middle(self) -> float:
        """Half way."""
        return (self.low + self.high) / 2

    def __str__(self) -> str:
        """Both ends as a person reads them."""
        low = "below" if self.low == -_INFINITY else f"{self.low:g}"
        high = "above" if self.high == _INFINITY else f"{self.high:g}"
        return f"{low} to {high}"


ANY = Range(-_INFINITY, _INFINITY)
RANGES = {
    "Sigmoid": Range(0, 1), "Hardsigmoid": Range(0, 1), "Softmax": Range(0, 1), "Softmin": Range(0, 1),
    "Tanh": Range(-1, 1), "Softsign": Range(-1, 1), "Sine": Range(-1, 1), "Hardtanh": Range(-1, 1),
    "ReLU": Range(0, _INFINITY), "ReLU6": Range(0, 6), "Softplus": Range(0, _INFINITY),
    "LogSoftmax": Range(-_INFINITY, 0), "LogSigmoid": Range(-_INFINITY, 0),
}  # fmt: skip
"""By activation, those that stop well short of some numbers."""
BUILTIN_TARGETS = {"diabetes": Range(25, 346), "adding": Range(0, 2)}
"""Real answers of builtin sets."""


def bounding(structure: Structure) -> Layer | None:
    """The layer that decides which numbers the output can hold: the last activation, or a recurrent layer."""
    if structure.tail:
        return structure.tail[-1]
    output = structure.output
    return output if output is not None and output.family == "recurrent" and output.activation else None


def output_range(structure: Structure) -> Range:
    """Numbers that the network can give."""
    layer = bounding(structure)
    if layer is None:
        return ANY
    if layer.type == "Hardtanh":
        low = structure.argument(layer, "min_val", -1.0)
        high = structure.argument(layer, "max_val", 1.0)
        if isinstance(low, int | float) and isinstance(high, int | float):
            return Range(low, high)
    return RANGES.get(layer.activation or layer.type, ANY)


def target_range(structure: Structure) -> Range | None:
    """Numbers that the loss asks for; None where they are not known before the data are read."""
    target, data = structure.target, structure.submission.data or SyntheticData()
    if target is None:
        return None
    if target.kind in {"one-hot", "binary"}:
        return Range(0, 1)
    if target.kind == "signed":
        return Range(-1, 1)
    if target.kind == "value":
        return Range(0, target.classes - 1) if target.classes else None
    if target.kind != "real":
        return None
    if data.target_preprocess == "standardize":
        return Range(-3, 3, 1)
    if isinstance(data, BuiltinData):
        return BUILTIN_TARGETS.get(data.name)
    if isinstance(data, SyntheticData):
        shift, scale = data.target_shift, data.target_scale
        return Range(shift - 3 * scale, shift + 3 * scale, scale)
    return None


def lost_share(reach: Range, targets: Range) -> float:
    """Part of the targets' variance that no output inside `reach` can account for.

    E[distance(y, reach)²] / Var(y), y normal around the middle where a scale is known, else uniform.
    """
    above, below = (reach.high, targets.middle), (-reach.low, -targets.middle)
    beyond = _normal_excess if targets.scale is not None else _uniform_excess
    variance = targets.scale**2 if targets.scale is not None else targets.width**2 / 12
    return sum(beyond(end, middle, targets) for end, middle in (above, below)) / variance if variance else 0.0


def _normal_excess(end: float, middle: float, targets: Range) -> float:
    """E[max(y - end, 0)²] of y normal around `middle`."""
    if math.isinf(end):
        return 0.0
    scale = targets.scale or 1.0
    z = (end - middle) / scale
    tail = math.erfc(z / math.sqrt(2)) / 2
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return max(0.0, scale**2 * ((1 + z * z) * tail - z * density))


def _uniform_excess(end: float, middle: float, targets: Range) -> float:
    """The same of y uniform over the targets' width."""
    if math.isinf(end) or not targets.width:
        return 0.0
    low, high = middle - targets.width / 2, middle + targets.width / 2
    reached = max(0.0, high - end) ** 3 - max(0.0, low - end) ** 3
    return reached / (3 * targets.width)
