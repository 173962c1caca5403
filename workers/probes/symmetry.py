"""Units that are copies of one another: what one learns they all learn, so a layer of them is one unit wide."""

import math
from functools import partial

from workers.probes.probe import Probe, ProbedStep, probe
from workers.probes.sheet import Statistics
from workers.probes.sites import Site
from workers.probes.values import Values


@probe
class Symmetry(Probe):
    """Rows are output units (gates and states of a recurrent layer): slices of a weight's first dimension in torch."""

    statistics = ("weight_row_spread",)

    def weights_before(self, step: ProbedStep, site: Site) -> None:
        """Note squared distances to the mean row, and the mean row's own square, of weights with several rows."""
        if not step.thorough:
            return
        rows = [(weight, site.rows(weight)) for weight in site.weights if weight.dim() > 1]
        moments = [
            (step.weight(weight) if turned is weight else Values(turned, eager=step.eager)).batch_moments
            for weight, turned in rows
            if turned.shape[0] > 1
        ]
        if moments:
            numbers = [
                number for each in moments for number in (each.squared_deviations, each.squares_of_means)
            ]
            read = partial(_read, tuple(each.examples for each in moments))
            step.sheet.note(site.depth, "row spread", read, *numbers)


def _read(rows: tuple[int, ...], *squares: float) -> Statistics:
    apart = sum(squares[0::2])
    total = apart + sum(count * alike for count, alike in zip(rows, squares[1::2], strict=True))
    return {"weight_row_spread": math.sqrt(apart / total) if total else 0.0}
