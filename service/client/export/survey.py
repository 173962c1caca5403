"""One forward and backward pass of a copy: what of the module takes part, and so has to be in the file."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils import _pytree as pytree

from service.client.errors import ExportFailed
from service.client.export.inputs import Inputs
from service.client.export.obstacles import obstacle


@dataclass(frozen=True)
class Survey:
    """What a training step of the module does."""

    aliases: tuple[tuple[str, ...], ...]
    """Names of each parameter that takes part, several where weights are tied."""
    normalizations: int
    """Calls of batch normalizations that update their statistics."""
    fixed_normalizations: int
    """Calls of those that were put into eval mode on purpose."""
    dropouts: int
    """Calls of `nn.Dropout` that drop something."""
    own_functions: tuple[str, ...]
    """Autograd functions of the user's own, whose gradients no file can hold."""


def survey(module: nn.Module, inputs: Inputs) -> Survey:
    """Run the module once; it is changed by that, so it has to be a copy."""
    calls: Counter[str] = Counter()
    for part in module.modules():
        part.register_forward_pre_hook(lambda called, _inputs: calls.update([_kind(called)]))
    try:
        output = module(*inputs.arguments, **inputs.keywords)
    except Exception as error:
        raise ExportFailed(f"the module fails on the example: {obstacle(error, module).reason}") from error
    leaves = [leaf for leaf in pytree.tree_leaves(output) if isinstance(leaf, Tensor)]
    if not leaves:
        raise ExportFailed(f"the module gives no tensor but {type(output).__name__}")
    roots = [leaf for leaf in leaves if leaf.requires_grad]
    return Survey(
        aliases=_taking_part(module, roots),
        normalizations=calls["normalization"],
        fixed_normalizations=calls["fixed normalization"],
        dropouts=calls["dropout"],
        own_functions=_own_functions(roots),
    )


def _kind(module: nn.Module) -> str:
    if isinstance(module, _BatchNorm):
        kind = "normalization" if module.training else "fixed normalization"
        return kind if module.track_running_stats else ""
    if isinstance(module, nn.Dropout):
        return "dropout" if module.training and module.p > 0 else ""
    return ""


def _taking_part(module: nn.Module, roots: list[Tensor]) -> tuple[tuple[str, ...], ...]:
    """Frozen parameters too: autograd is asked about all of them only where it can tell."""
    names: dict[Tensor, list[str]] = {}
    for name, parameter in module.named_parameters(remove_duplicate=False):
        names.setdefault(parameter, []).append(name)
    asked = [parameter for parameter in names if parameter.requires_grad]
    total = sum((root.float().sum() for root in roots if not root.is_complex()), torch.zeros(()))
    if not asked or not total.requires_grad:
        return tuple(tuple(aliases) for aliases in names.values())
    gradients = torch.autograd.grad(total, asked, allow_unused=True)
    idle = {id(parameter) for parameter, gradient in zip(asked, gradients, strict=True) if gradient is None}
    return tuple(tuple(aliases) for parameter, aliases in names.items() if id(parameter) not in idle)


def _own_functions(roots: list[Tensor]) -> tuple[str, ...]:
    """Names of the Python autograd functions in the graph that are not torch's."""
    waiting: list[Any] = [root.grad_fn for root in roots if root.grad_fn is not None]
    seen: set[Any] = set(waiting)
    found: list[str] = []
    while waiting:
        node = waiting.pop()
        # What apply() leaves in the graph knows the class that was written.
        written = getattr(type(node), "_forward_cls", None)
        if written is not None and not written.__module__.startswith("torch."):
            found.append(written.__name__)
        fresh = [below for below, _ in node.next_functions if below is not None and below not in seen]
        seen.update(fresh)
        waiting.extend(fresh)
    return tuple(dict.fromkeys(found))
