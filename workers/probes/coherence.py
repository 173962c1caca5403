"""Whether examples that pull the network's output the same way still do so at an earlier layer.

Per-example gradients of a deep plain network turn into noise on their way back: Balduzzi et al. (2017), "The
Shattered Gradients Problem". With C and R the cosines between the gradients of every two examples, at a layer and at
the network's output, coherence is the regression of C on R: 1 at the output, 0 where examples are unrelated. The
mean gradient of a batch would not show it: balanced classes cancel at the output already.
"""

import torch
from torch import Tensor

from workers.probes.numbers import Number
from workers.probes.probe import Probe, ProbedStep, probe
from workers.probes.sheet import Statistics
from workers.probes.sites import Site
from workers.probes.values import Values

_EXAMPLES = 32
"""Pairs are taken of the first examples of a batch: 496 pairs are enough, and cost nothing."""
_TINY = 1e-300


@probe
class Coherence(Probe):
    """At fully watched layers; the gradient that comes back first in a step is that of the output."""

    statistics = ("output_gradient_coherence",)

    _reference: Tensor | None = None

    def before_forward(self, step: ProbedStep) -> None:
        """Forget the output of the step before."""
        del step
        self._reference = None

    def output_gradient(self, step: ProbedStep, site: Site, values: Values) -> None:
        """Note the sums of the regression, and the layer's own."""
        if not step.thorough or not site.full or not values.shape or values.shape[0] < 2:
            return
        cosines = _cosines(values)
        if self._reference is None:
            self._reference = cosines
        if len(cosines) == len(self._reference):
            here, there = cosines.view(-1), self._reference.view(-1)
            sums = (torch.dot(here, there), torch.dot(there, there), torch.dot(here, here))
            numbers: list[Number] = [each.item() if step.eager else each for each in sums]
            step.sheet.note(site.depth, "coherence", _read, *numbers)


def _cosines(values: Values) -> Tensor:
    """Between the gradients of every two examples; 0 for one with itself, and where one is zero."""
    rows = values.wide.view(values.shape)[:_EXAMPLES].flatten(1)
    products = (rows @ rows.T).double()
    lengths = products.diagonal().sqrt().clamp_min(_TINY)
    return products.div_(lengths).div_(lengths.unsqueeze(1)).fill_diagonal_(0.0)


def _read(common: float, total: float, own: float) -> Statistics:
    return {"output_gradient_coherence": common / total if total and own else None}
