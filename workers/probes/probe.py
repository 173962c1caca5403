"""A family of statistic, and the registry: a new family is one new file in this package."""

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import ClassVar

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from workers.probes.numbers import Number
from workers.probes.sheet import Sheet
from workers.probes.sites import Site
from workers.probes.values import Values


@dataclass
class Scene:
    """What a run's probes look at."""

    sites: tuple[Site, ...]
    parameters: tuple[nn.Parameter, ...]
    """All trainable tensors of all networks, biases too."""
    precision: str
    """`fp32`, `bf16` or `fp16`."""
    optimizers: tuple[Optimizer, ...] = ()

    @property
    def weights(self) -> list[nn.Parameter]:
        """The weights of all sites."""
        return [weight for site in self.sites for weight in site.weights]


@dataclass
class ProbedStep:
    """One step under observation: where numbers go, and reductions that several families share."""

    sheet: Sheet
    eager: bool
    thorough: bool = True
    """Whether the default schedule has this step: what is dear and changes slowly is measured only there,
    also where every step is probed."""
    handles: list[RemovableHandle] = field(default_factory=list)
    """Hooks to take away before the optimiser's step."""
    _gradients: dict[int, Values | None] = field(default_factory=dict)
    _weights: dict[int, Values] = field(default_factory=dict)

    def take_loss_scale(self, gradient: Tensor) -> None:
        """Keep the gradient that arrives at the loss: the factor in all gradients that flow on from it."""
        self.sheet.loss_scale = gradient.detach().item() if self.eager else gradient.detach().reshape(())

    def gradient(self, parameter: nn.Parameter) -> Values | None:
        """Reductions of a parameter's gradient; None where it has none. Valid after the backward pass."""
        key = id(parameter)
        if key not in self._gradients:
            gradient = parameter.grad
            self._gradients[key] = None if gradient is None else Values(gradient, eager=self.eager)
        return self._gradients[key]

    def weight(self, parameter: nn.Parameter) -> Values:
        """Reductions of a parameter, each of its value at the time when it is first asked for."""
        key = id(parameter)
        if key not in self._weights:
            self._weights[key] = Values(parameter, eager=self.eager)
        return self._weights[key]

    def gradients(self, site: Site) -> list[Values]:
        """Reductions of the gradients of a site's weights, as far as there are any."""
        found = (self.gradient(weight) for weight in site.weights)
        return [gradient for gradient in found if gradient is not None]


@dataclass(frozen=True)
class Update:
    """What the loop says of a step once it is taken."""

    loss: Number
    learning_rate: float
    accuracy: Number | None
    trivial_loss: float
    clipped: Number | None
    skipped: bool | None = None


class Probe:
    """One family of statistic; a family overrides the moments that it looks at.

    One object serves a run, so what it allocates it keeps. A layer that is used more than once in a step
    is told of each use; what is noted last stands: the last use through which gradients flow.
    """

    statistics: ClassVar[tuple[str, ...]]
    """The fields of LayerStatistics or NetworkStatistics that it fills."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def before_forward(self, step: ProbedStep) -> None:
        """Install hooks beyond those on outputs, if any; their handles go to `step.handles`."""

    def output(self, step: ProbedStep, site: Site, values: Values) -> None:
        """A watched layer has run."""

    def output_gradient(self, step: ProbedStep, site: Site, values: Values) -> None:
        """The gradient with respect to a watched layer's output is there (times the loss scale)."""

    def after_forward(self, step: ProbedStep, inputs: Tensor) -> None:
        """The forward pass is done."""

    def weights_before(self, step: ProbedStep, site: Site) -> None:
        """A layer's weights have gradients, unscaled and not yet clipped, and are as they were.

        All families look at one layer before any looks at the next: so it comes from memory once.
        """

    def after_backward(self, step: ProbedStep) -> None:
        """The weights of all layers have been shown."""

    def weights_after(self, step: ProbedStep, site: Site, update: Update) -> None:
        """The optimiser has taken its step; a layer's gradients may be clipped now."""

    def after_update(self, step: ProbedStep, update: Update) -> None:
        """The updated weights of all layers have been shown."""


_families: dict[str, type[Probe]] = {}


def probe(family: type[Probe]) -> type[Probe]:
    """Register a family; a statistic that another family fills already is refused."""
    filled = {name: other for other in _families.values() for name in other.statistics}
    for name in family.statistics:
        if name in filled:
            raise ValueError(f"{name} is already measured by {filled[name].__qualname__}")
    _families[family.__qualname__] = family
    return family


@cache
def families() -> Sequence[type[Probe]]:
    """Every family, by name; imports all modules of `workers.probes` once."""
    package = importlib.import_module("workers.probes")
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(found.name)
    return tuple(_families[name] for name in sorted(_families))


def by_moment(probes: Sequence[Probe]) -> dict[str, list[Probe]]:
    """For each moment the probes that look at it: calling the others would cost time for nothing."""
    moments = [name for name in vars(Probe) if callable(getattr(Probe, name)) and not name.startswith("_")]
    return {
        moment: [probe for probe in probes if getattr(type(probe), moment) is not getattr(Probe, moment)]
        for moment in moments
    }
