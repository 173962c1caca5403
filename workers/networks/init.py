"""Initial values by rule: which tensors of a layer a rule's words mean, and torch.nn.init to fill them."""

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from service.schemas.initialization import Initialization, Scheme

Role = Literal["weight", "bias", "recurrent"]
SCALES = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
"""Layers whose weight is a gain, not a map."""


def apply_rules(module: nn.Module, rules: Initialization) -> None:
    """Fill the tensors of a fresh layer that rules speak of.

    `weight` covers every map (also `weight_ih*`, `in_proj_weight` and the linear layers of attention),
    `recurrent` the maps between time steps (`weight_hh*`), `bias` all that is added. The gains and shifts
    of norms inside a larger layer are left as they are. Fans are torch's: a transposed convolution's are
    swapped, groups count in fan in only.
    """
    schemes: dict[Role, Scheme | None] = {
        "weight": rules.weight,
        "bias": rules.bias,
        "recurrent": rules.recurrent,
    }
    with torch.no_grad():
        for role, tensor in pieces(module):
            scheme = schemes[role]
            if scheme is not None:
                getattr(nn.init, f"{scheme.function}_")(tensor, **scheme.arguments())
        blank_padding(module)


def pieces(module: nn.Module) -> Iterator[tuple[Role, Tensor]]:
    """Every tensor that can be filled, with its role; views, so to be taken and written under no_grad.

    The gates of a recurrent weight and the three projections of attention are pieces of their own: each
    is one linear map with its own fan, and orthogonality is a property of one map.
    """
    for owner in module.modules():
        if owner is not module and isinstance(owner, SCALES):
            continue
        for name, parameter in owner.named_parameters(recurse=False):
            role = _role(name)
            count = 1 if role == "bias" else _maps(owner, name)
            for piece in parameter.chunk(count):
                yield role, piece


def blank_padding(module: nn.Module) -> None:
    """Set the rows of padding to zero again, as an Embedding begins."""
    for owner in module.modules():
        if isinstance(owner, nn.Embedding) and owner.padding_idx is not None:
            owner.weight[owner.padding_idx] = 0.0


def _role(name: str) -> Role:
    if "bias" in name:
        return "bias"
    return "recurrent" if name.startswith("weight_hh") else "weight"


def _maps(owner: nn.Module, name: str) -> int:
    if isinstance(owner, nn.RNNBase):
        return int(getattr(owner, name).shape[0]) // owner.hidden_size
    return 3 if name == "in_proj_weight" else 1
