"""Gradient clipping by value and by norm, saying without a sync whether it changed anything."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from service.schemas.training import Clipping
from workers.training.optimizer import gradients


def clip(parameters: Sequence[nn.Parameter], clipping: Clipping, *, ask: bool) -> Tensor | None:
    """Clip the gradients in place, value first, then the norm of what is left.

    Returns a scalar tensor, 1 where that changed a gradient and else 0; None where nothing clips, or `ask` is
    false (asking for the value costs a pass over all gradients). A NaN gradient makes all of them NaN when the norm
    is clipped, as in torch.
    """
    present = gradients(parameters)
    if not present or (clipping.value is None and clipping.norm is None):
        return None
    changed: list[Tensor] = []
    if clipping.value is not None:
        if ask:
            changed.append(_largest(present) > clipping.value)
        nn.utils.clip_grad_value_(parameters, clipping.value)
    if clipping.norm is not None:
        norm = nn.utils.clip_grad_norm_(parameters, clipping.norm)
        changed.append(norm > clipping.norm)
    return torch.stack(changed).any().float() if ask else None


def _largest(tensors: Sequence[Tensor]) -> Tensor:
    extremes = [torch.stack(torch.aminmax(tensor)).abs().amax() for tensor in tensors if tensor.numel()]
    return torch.stack(extremes).amax()
