"""Gradients of a layer's weights: their size, sign, zeros and non-finite values."""

from functools import partial
from itertools import chain

from workers.probes.probe import Probe, ProbedStep, probe
from workers.probes.reading import magnitude, root_mean_square
from workers.probes.sheet import Statistics
from workers.probes.sites import Site


@probe
class WeightGradients(Probe):
    """Over all weights of a layer together, as they are after the backward pass: unscaled, not clipped."""

    statistics = (
        "weight_gradient_rms",
        "weight_gradient_max",
        "weight_gradient_mean",
        "weight_gradient_zero_share",
        "weight_gradient_nonfinite_count",
    )

    def weights_before(self, step: ProbedStep, site: Site) -> None:
        """Note six numbers per weight."""
        gradients = step.gradients(site)
        if gradients:
            numbers = chain.from_iterable(
                (*each.extremes, each.sum_squares, each.sum, each.zeros, each.nonfinite) for each in gradients
            )
            count = sum(each.count for each in gradients)
            step.sheet.note(site.depth, "weight gradient", partial(_read, count), *numbers)


def _read(count: int, *floats: float) -> Statistics:
    return {
        "weight_gradient_rms": root_mean_square(sum(floats[2::6]), count),
        "weight_gradient_max": magnitude((*floats[0::6], *floats[1::6])),
        "weight_gradient_mean": sum(floats[3::6]) / count,
        "weight_gradient_zero_share": sum(floats[4::6]) / count,
        "weight_gradient_nonfinite_count": sum(floats[5::6]),
    }
