"""Units that are copies of one another: what one learns they all learn, so a layer of them is one unit wide."""

import math

from workers.probes.numbers import Number
from workers.probes.probe import Probe, ProbedStep, probe
from workers.probes.sheet import Statistics
from workers.probes.values import Values


@probe
class Symmetry(Probe):
    """Rows are slices of a weight's first dimension: output units (gates and states of a recurrent layer)."""

    statistics = ("weight_row_spread",)

    def after_backward(self, step: ProbedStep) -> None:
        """Note all squares, and those around the mean row, of weights with several rows."""
        for site in self.scene.sites:
            weights = [weight for weight in site.weights if weight.dim() > 1 and weight.shape[0] > 1]
            if weights:
                numbers = [number for weight in weights for number in _squares(step.weight(weight))]
                step.sheet.note(site.depth, "row spread", _read, *numbers)


def _squares(weight: Values) -> tuple[Number, Number]:
    """Σ w², and Σ of squared distances to the mean row: the rows are to the weight what examples are to a batch."""
    return weight.sum_squares, weight.batch_moments.squared_deviations


def _read(*squares: float) -> Statistics:
    total, apart = sum(squares[0::2]), sum(squares[1::2])
    return {"weight_row_spread": math.sqrt(apart / total) if total else 0.0}
