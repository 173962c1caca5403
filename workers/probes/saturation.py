"""Units that have stopped passing gradient: saturated at the ends of an activation, or dead below a rectifier."""

from functools import partial

from torch import nn

from workers.probes.probe import Probe, ProbedStep, probe
from workers.probes.sheet import Statistics
from workers.probes.sites import Site
from workers.probes.values import Values

_SIGMOID = 0.5 - (0.25 - 0.0125) ** 0.5
"""Where σ (1 - σ) = .0125, a twentieth of the slope in the middle."""
_TANH = 0.97
_JUST = 1 - 1e-6
"""Activations with a flat end reach it exactly; the comparison is strict."""


@probe
class Saturation(Probe):
    """From outputs alone: the derivative of every activation here is a function of its output."""

    statistics = ("activation_saturated_share", "activation_dead_share")

    def output(self, step: ProbedStep, site: Site, values: Values) -> None:
        """Note the counts for activations that can saturate or die, and for layers with one inside."""
        name = site.layer.activation if site.layer.type == "RNN" else site.layer.type
        limits = _limits(name, site)
        if limits is not None:
            low, high = limits
            read = partial(_share, "activation_saturated_share", values.count)
            step.sheet.note(site.depth, "saturated", read, values.below(low), values.above(high))
        if name in {"ReLU", "ReLU6"}:
            silent, units = values.silent_units(site.unit_axis)
            step.sheet.note(site.depth, "dead", partial(_share, "activation_dead_share", units), silent)


def _limits(name: str | None, site: Site) -> tuple[float, float] | None:
    """The range of outputs inside which the activation still passes gradient."""
    match name:
        case "Sigmoid":
            return _SIGMOID, 1 - _SIGMOID
        case "Tanh" | "Softsign":
            return -_TANH, _TANH
        case "Hardsigmoid":
            return 1 - _JUST, _JUST
        case "Hardtanh":
            # A file's is called so only where it has the usual ends.
            ends = (
                (site.module.min_val, site.module.max_val)
                if isinstance(site.module, nn.Hardtanh)
                else (-1, 1)
            )
            low, high = float(ends[0]), float(ends[1])
            margin = (high - low) * (1 - _JUST)
            return low + margin, high - margin
        case _:
            return None


def _share(name: str, count: int, *counts: float) -> Statistics:
    return {name: sum(counts) / count}
