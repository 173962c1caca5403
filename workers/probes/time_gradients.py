"""How the gradient travels back through the time steps of a recurrent layer.

Fused kernels hide the time axis, but the gradient with respect to the layer's input shows it: over t it
follows the state's gradient up to the constant input weights.
"""

from collections.abc import Callable
from functools import cache, partial

import torch
from torch import Tensor, nn

from service.schemas.statistics import TimeProfile
from workers.probes.probe import Probe, ProbedStep, probe
from workers.probes.reading import root_mean_square
from workers.probes.sheet import Statistics
from workers.probes.sites import Site
from workers.probes.taps import watch_gradient
from workers.probes.values import Values

_TIMES = 64
_SEQUENCE = 3
"""Dimensions of a batch of sequences."""


@probe
class TimeGradients(Probe):
    """RMS over batch and features of dL/dx at each of at most 64 time steps, first and last among them."""

    statistics = ("time_gradient_first_rms", "time_gradient_last_rms")

    def before_forward(self, step: ProbedStep) -> None:
        """Hook the inputs of recurrent layers, which are (batch, time, features), in some files time first."""
        for site in self.scene.sites:
            if site.layer.family == "recurrent":
                step.handles.append(site.module.register_forward_pre_hook(_input_hook(step, site)))


def _input_hook(
    step: ProbedStep, site: Site
) -> Callable[[nn.Module, tuple[Tensor, ...]], tuple[Tensor, ...]]:
    """Hands the layer an alias of its input, which has a gradient of this use alone even for the data."""

    def hook(_module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        x, *others = inputs
        if not torch.is_grad_enabled() or not x.is_floating_point() or x.dim() != _SEQUENCE:
            return inputs
        watched = x.view_as(x) if x.requires_grad else x.detach().requires_grad_()
        watch_gradient(watched, partial(_note, step, site))
        return watched, *others

    return hook


@cache
def _times(length: int) -> tuple[int, ...]:
    """At most 64 time steps, evenly spread, both ends among them."""
    return tuple(sorted({round(k * (length - 1) / (_TIMES - 1)) for k in range(_TIMES)}))


@cache
def _indices(length: int, device: torch.device) -> Tensor:
    """They on the device: sent there once, because a copy from the host makes the host wait."""
    return torch.tensor(_times(length), device=device)


def _note(step: ProbedStep, site: Site, gradient: Tensor) -> None:
    length = gradient.shape[site.time_axis]
    times = _times(length)
    indices = _indices(length, gradient.device)
    values = Values(gradient, eager=step.eager)
    squares = values.squares_along(site.time_axis, indices)
    elements = values.count // length
    scale = step.sheet.loss_scale
    step.sheet.note(
        site.depth,
        "time profile",
        partial(_profile, site.depth, step.sheet.step, times, elements),
        scale,
        *squares,
    )
    step.sheet.note(site.depth, "time gradient", partial(_read, elements), scale, squares[0], squares[-1])


def _profile(
    depth: int, step: int, times: tuple[int, ...], elements: int, scale: float, *squares: float
) -> TimeProfile:
    rms = tuple(root_mean_square(value, elements) / abs(scale) for value in squares)
    return TimeProfile(depth=depth, step=step, times=times, gradient_rms=rms)


def _read(elements: int, scale: float, first: float, last: float) -> Statistics:
    return {
        "time_gradient_first_rms": root_mean_square(first, elements) / abs(scale),
        "time_gradient_last_rms": root_mean_square(last, elements) / abs(scale),
    }
