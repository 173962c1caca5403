"""Gradients of the loss with respect to a layer's output: what reaches each depth on the way back."""

from functools import partial

from workers.probes.probe import Probe, ProbedStep, probe
from workers.probes.reading import magnitude, root_mean_square
from workers.probes.sheet import Statistics
from workers.probes.sites import Site
from workers.probes.values import Values


@probe
class OutputGradients(Probe):
    """Taken where the gradient comes back, and divided by the loss scale when it is read."""

    statistics = (
        "output_gradient_rms",
        "output_gradient_max",
        "output_gradient_zero_share",
        "output_gradient_nonfinite_count",
    )

    def output_gradient(self, step: ProbedStep, site: Site, values: Values) -> None:
        """Note the sum of squares, and at fully watched layers the extremes and the zeros."""
        numbers = (step.sheet.loss_scale, values.sum_squares, values.nonfinite)
        if site.full:
            read = partial(_read_all, values.count)
            step.sheet.note(site.depth, "output gradient", read, *numbers, *values.extremes, values.zeros)
        else:
            step.sheet.note(site.depth, "output gradient", partial(_read, values.count), *numbers)


def _read(count: int, scale: float, sum_squares: float, nonfinite: float) -> Statistics:
    return {
        "output_gradient_rms": root_mean_square(sum_squares, count) / abs(scale),
        "output_gradient_nonfinite_count": nonfinite,
    }


def _read_all(
    count: int,
    scale: float,
    sum_squares: float,
    nonfinite: float,
    lowest: float,
    highest: float,
    zeros: float,
) -> Statistics:
    return _read(count, scale, sum_squares, nonfinite) | {
        "output_gradient_max": magnitude((lowest, highest)) / abs(scale),
        "output_gradient_zero_share": zeros / count,
    }
