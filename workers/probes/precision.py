"""What the chosen precision loses: gradients too small for a normal number, values too large for any."""

from functools import partial
from itertools import chain

import torch
from torch import Tensor

from workers.probes.numbers import Number
from workers.probes.probe import Probe, ProbedStep, Scene, probe
from workers.probes.sheet import Statistics
from workers.probes.sites import Site
from workers.probes.values import Values

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_SMALLEST_FLOAT = float(torch.finfo(torch.float32).smallest_normal)


@probe
class Precision(Probe):
    """Gradients are held against the precision as the backward pass made them: times the loss scale."""

    statistics = ("underflow_share", "overflow_share")

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        limits = torch.finfo(_DTYPES[scene.precision])
        self._smallest, self._largest = float(limits.smallest_normal), float(limits.max)
        self._flushed = False
        self._outputs: dict[int, tuple[Number, int]] = {}
        self._gradients: dict[int, tuple[list[Number], int]] = {}

    def before_forward(self, step: ProbedStep) -> None:
        """Forget the step before."""
        self._flushed = step.eager and _flushes_subnormals()
        self._outputs.clear()
        self._gradients.clear()

    def output(self, step: ProbedStep, site: Site, values: Values) -> None:
        """Keep how many outputs are too large; a layer that is used again has its last use's."""
        del step
        self._outputs[site.depth] = (values.magnitude_above(self._largest), values.count)

    def weights_before(self, step: ProbedStep, site: Site) -> None:
        """Note the share of gradients that are too small, and keep how many are too large."""
        gradients = step.gradients(site)
        if not gradients:
            return
        scale = step.sheet.loss_scale
        limit: Number = self._smallest / (scale.abs() if isinstance(scale, Tensor) else abs(scale))
        flushed = self._flushed and limit <= _SMALLEST_FLOAT
        small = ((each.zeros, each.zeros if flushed else each.magnitude_below(limit)) for each in gradients)
        count = sum(each.count for each in gradients)
        step.sheet.note(site.depth, "underflow", partial(_read_underflow, count), *chain.from_iterable(small))
        large = [each.magnitude_above(self._largest) for each in gradients]
        self._gradients[site.depth] = (large, count)

    def after_backward(self, step: ProbedStep) -> None:
        """Note the share of what is too large, of every layer with an output or a gradient."""
        for depth in self._outputs.keys() | self._gradients.keys():
            beyond, outputs = self._outputs.get(depth, (0.0, 0))
            large, count = self._gradients.get(depth, ([], 0))
            step.sheet.note(depth, "overflow", partial(_read_overflow, outputs, count), beyond, *large)


def _flushes_subnormals() -> bool:
    """Whether this processor takes numbers below the smallest normal float32 for zero: then none can be counted."""
    return (torch.tensor(1e-39) * 1.0).item() == 0


def _read_overflow(outputs: int, gradients: int, beyond: float, *large: float) -> Statistics:
    return {"overflow_share": max(beyond / max(outputs, 1), sum(large) / max(gradients, 1))}


def _read_underflow(count: int, *floats: float) -> Statistics:
    zeros = sum(floats[0::2])
    return {"underflow_share": (sum(floats[1::2]) - zeros) / (count - zeros) if count > zeros else 0.0}
