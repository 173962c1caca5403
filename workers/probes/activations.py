"""Outputs of layers: their size, how much they depend on the example, and units that no gradient passes."""

import math
from functools import partial

from workers.probes.probe import Probe, ProbedStep, probe
from workers.probes.reading import magnitude, root_mean_square
from workers.probes.sheet import Statistics
from workers.probes.sites import Site
from workers.probes.values import Values


@probe
class Activations(Probe):
    """All moments at fully watched layers; elsewhere the RMS and the non-finite count."""

    statistics = (
        "activation_mean",
        "activation_rms",
        "activation_batch_std",
        "activation_max",
        "activation_nonfinite_count",
    )

    def output(self, step: ProbedStep, site: Site, values: Values) -> None:
        """Note the sum of squares or, at fully watched layers, extremes and moments over the batch."""
        if site.full:
            moments = values.batch_moments
            read = partial(_read_all, moments.examples, moments.units)
            sums = (moments.total_of_means, moments.squares_of_means, moments.squared_deviations)
            step.sheet.note(site.depth, "activation", read, *values.extremes, values.nonfinite, *sums)
        else:
            read = partial(_read, values.count)
            step.sheet.note(site.depth, "activation", read, values.sum_squares, values.nonfinite)


def _read(count: int, sum_squares: float, nonfinite: float) -> Statistics:
    return {
        "activation_rms": root_mean_square(sum_squares, count),
        "activation_nonfinite_count": nonfinite,
    }


def _read_all(
    examples: int,
    units: int,
    lowest: float,
    highest: float,
    nonfinite: float,
    total_of_means: float,
    squares_of_means: float,
    squared_deviations: float,
) -> Statistics:
    """The mean square as variance plus squared means: a sum of positive numbers, in which nothing cancels."""
    largest = magnitude((lowest, highest))
    variance = squared_deviations / (examples * units)
    return {
        "activation_mean": total_of_means / units,
        "activation_rms": math.sqrt(variance + squares_of_means / units)
        if math.isfinite(largest)
        else largest,
        "activation_batch_std": math.sqrt(variance),
        "activation_max": largest,
        "activation_nonfinite_count": nonfinite,
    }
