"""The data's answers as the loss takes them, by the rules of `service.schemas.targets`."""

import torch
from torch import Tensor
from torch.nn import functional

from service.schemas.targets import Answer, Target
from workers.errors import UnfitData


def adapt(y: Tensor, answer: Answer, target: Target, blank: int = 0) -> Tensor:
    """Answers (n, *answer.shape) as targets (n, *target.shape).

    Indices and labels are int64, everything else float32. In labels, class numbers from `blank` on are moved up by
    one, and negative ones stay: they fill up short sequences. Raises UnfitData for a class that does not exist.
    """
    if target.kind == "real":
        return y.float().reshape(len(y), *target.shape)
    if target.last and answer.shape:
        y = y[:, -1]
    if target.kind == "labels":
        _check(y, target.classes, least=-1)
        return (y + (y >= blank)).reshape(len(y), *target.shape)
    _check(y, target.classes)
    if target.kind == "class-index":
        return y.reshape(len(y), *target.shape)
    if target.class_axis is not None:
        return _one_hot(y, target)
    values = y.float().reshape(len(y), *target.shape)
    return 2 * values - 1 if target.kind == "signed" else values


def _one_hot(y: Tensor, target: Target) -> Tensor:
    """1 (or +1) at the class and 0 (or -1) elsewhere, along the output's class axis."""
    axis = target.class_axis or 0
    places = target.shape[1:] if axis == 0 else target.shape[:-1]
    chosen = functional.one_hot(y.reshape(len(y), *places), target.classes or -1).float()
    along = chosen.movedim(-1, 1) if axis == 0 else chosen
    return 2 * along - 1 if target.kind == "signed" else along


def _check(y: Tensor, classes: int | None, least: int = 0) -> None:
    if y.is_floating_point():
        raise UnfitData("The targets are real numbers, but this loss takes class numbers.")
    lowest, highest = (int(value) for value in torch.aminmax(y))
    if lowest < least or (classes is not None and highest >= classes):
        wanted = f"0 to {classes - 1}" if classes is not None else "0 and more"
        raise UnfitData(
            f"The targets hold class numbers from {lowest} to {highest}; {wanted} are possible here."
        )
