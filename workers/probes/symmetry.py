"""Units that are copies of one another: what one learns they all learn, so a layer of them is one unit wide."""

import math

import torch
from torch import Tensor

from workers.probes.numbers import Number
from workers.probes.probe import Probe, ProbedStep, probe
from workers.probes.sheet import Statistics
from workers.probes.values import Values

_DISTINCT = 0.9
"""Below this share of the mean row in all squares, their difference is free of cancellation."""
_TINY_SQUARES = 1e-20
"""Above this sum, squares that float32 cannot hold do not count."""


@probe
class Symmetry(Probe):
    """Rows are slices of a weight's first dimension: output units (gates and states of a recurrent layer)."""

    statistics = ("weight_row_spread",)

    def after_backward(self, step: ProbedStep) -> None:
        """Note all squares, and those around the mean row, of weights with several rows."""
        for site in self.scene.sites:
            weights = [weight.detach() for weight in site.weights if weight.dim() > 1 and weight.shape[0] > 1]
            if weights:
                numbers = [number for each in weights for number in _squares(each, eager=step.eager)]
                step.sheet.note(site.depth, "row spread", _read, *numbers)


def _squares(weight: Tensor, *, eager: bool) -> tuple[Number, Number]:
    """Σ w², and Σ of squared distances to the mean row; where that is most of it, without a pass of its own."""
    rows = weight.shape[0]
    values = Values(weight, eager=eager)
    if eager:
        mean = weight.sum(0, dtype=None if weight.dtype.itemsize > 2 else torch.float32).view(-1) / rows
        common = rows * float(torch.dot(mean, mean).item())
        if values.sum_squares > _TINY_SQUARES and common < _DISTINCT * values.sum_squares:
            return values.sum_squares, values.sum_squares - common
    moments = values.batch_moments
    return rows * moments.squares_of_means + moments.squared_deviations, moments.squared_deviations


def _read(*squares: float) -> Statistics:
    total, apart = sum(squares[0::2]), sum(squares[1::2])
    return {"weight_row_spread": math.sqrt(apart / total) if total else 0.0}
