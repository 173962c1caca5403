"""The optimiser by its torch name with the arguments that the team wrote, and its rate by the step."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from service.schemas.training import Optimizer as OptimizerSpec
from service.schemas.training import Schedule
from workers.errors import CannotBuild
from workers.training.schedule import rate_factor


def trainable(network: nn.Module) -> list[nn.Parameter]:
    """The parameters that a training moves; raises CannotBuild where there is none."""
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    if not parameters:
        raise CannotBuild("The network has no trainable parameter.")
    return parameters


def build(spec: OptimizerSpec, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """torch.optim's class with the given arguments only, so that every other keeps torch's default."""
    arguments = spec.model_dump(exclude={"type"}, exclude_none=True)
    optimizer: Optimizer = getattr(torch.optim, spec.type)(list(parameters), **arguments)
    return optimizer


class Rate:
    """Moves an optimiser's learning rate along a schedule."""

    def __init__(self, optimizer: Optimizer, schedule: Schedule, planned_steps: int) -> None:
        self._groups = optimizer.param_groups
        self._base = float(self._groups[0]["lr"])
        self._schedule = schedule
        self._planned_steps = max(1, planned_steps)

    def set(self, step: int) -> float:
        """Put the rate of this step into the optimiser and say it."""
        rate = self._base * rate_factor(self._schedule, step, self._planned_steps)
        for group in self._groups:
            group["lr"] = rate
        return rate


def add_l1(parameters: list[nn.Parameter], weight: float) -> None:
    """Add the gradient of weight · Σ|w| to every parameter that has one (sign(0) = 0, as in torch)."""
    for parameter in parameters if weight else ():
        if parameter.grad is not None:
            parameter.grad.add_(parameter.detach().sign(), alpha=weight)


def gradients(parameters: Iterable[nn.Parameter]) -> list[Tensor]:
    """The gradients that there are."""
    return [parameter.grad for parameter in parameters if parameter.grad is not None]
