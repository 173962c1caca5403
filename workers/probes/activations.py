"""Outputs of layers: their size, how much they depend on the example, and units that no gradient passes."""

import math
from functools import partial

from workers.probes.numbers import Number
from workers.probes.probe import Probe, ProbedStep, probe
from workers.probes.reading import magnitude
from workers.probes.sheet import Statistics
from workers.probes.sites import Site
from workers.probes.values import BatchMoments, Values


@probe
class Activations(Probe):
    """All moments at fully watched layers; elsewhere the largest value and the non-finite count."""

    statistics = (
        "activation_mean",
        "activation_rms",
        "activation_batch_std",
        "activation_max",
        "activation_nonfinite_count",
    )

    def output(self, step: ProbedStep, site: Site, values: Values) -> None:
        """Note the extremes and, at fully watched layers, the moments over the batch."""
        numbers = (*values.extremes, values.nonfinite)
        if site.full:
            moments = values.batch_moments
            read = partial(_read_all, moments.examples, moments.units)
            step.sheet.note(site.depth, "activation", read, *numbers, *_sums(moments))
        else:
            step.sheet.note(site.depth, "activation", _read, *numbers)


def _sums(moments: BatchMoments) -> tuple[Number, Number, Number]:
    return moments.total_of_means, moments.squares_of_means, moments.squared_deviations


def _read(lowest: float, highest: float, nonfinite: float) -> Statistics:
    return {"activation_max": magnitude((lowest, highest)), "activation_nonfinite_count": nonfinite}


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
