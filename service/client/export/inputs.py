"""The example that a module is exported with: its tensors, on the CPU, with the batch first."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from service.client.errors import ExportFailed


@dataclass(frozen=True)
class Inputs:
    """What `forward` is called with, by the names of its parameters."""

    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    named: dict[str, Any]
    """All of them by name, in the order of the signature."""
    batch: int

    @property
    def tensors(self) -> dict[str, Tensor]:
        """Those that are tensors themselves."""
        return {name: value for name, value in self.named.items() if isinstance(value, Tensor)}

    def shapes(self, batch: object) -> dict[str, Any]:
        """For each argument which of its sizes is the batch, as the exporter takes it."""
        return {
            name: pytree.tree_map(lambda leaf: self._open(leaf, batch), value)
            for name, value in self.named.items()
        }

    def axes(self) -> dict[str, dict[int, str]]:
        """The same for the tracing exporter."""
        return {name: {0: "batch"} for name, value in self.tensors.items() if self._batched(value)}

    def _open(self, leaf: object, batch: object) -> dict[int, object] | None:
        return {0: batch} if self._batched(leaf) else None

    def _batched(self, leaf: object) -> bool:
        return isinstance(leaf, Tensor) and leaf.dim() > 0 and leaf.shape[0] == self.batch


def inputs_of(module: nn.Module, example: object) -> Inputs:
    """From a tensor, a tuple of positional arguments or a mapping of named ones; the first tensor is the data."""
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = {}
    if isinstance(example, Mapping):
        keywords = dict(example)
    elif isinstance(example, Sequence):
        arguments = tuple(example)
    else:
        arguments = (example,)
    leaves = [leaf for leaf in pytree.tree_leaves((arguments, keywords)) if isinstance(leaf, Tensor)]
    if not leaves or leaves[0].dim() == 0 or leaves[0].shape[0] == 0:
        raise ExportFailed(
            "the example holds no batch: give what the module is called with, a tensor whose first size is the batch"
        )
    batch = leaves[0].shape[0]
    arguments, keywords = pytree.tree_map_only(
        Tensor, lambda leaf: _ready(leaf, batch), (arguments, keywords)
    )
    return Inputs(arguments, keywords, _named(module, arguments, keywords), max(2, batch))


def _ready(tensor: Tensor, batch: int) -> Tensor:
    """On the CPU and apart from the caller's; a batch of one becomes two, for a size of one is taken as fixed."""
    copy = tensor.detach().to("cpu", copy=True)
    alone = batch == 1 and copy.dim() > 0 and copy.shape[0] == 1
    return torch.cat([copy, copy]) if alone else copy


def _named(module: nn.Module, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> dict[str, Any]:
    try:
        bound = inspect.signature(module.forward).bind(*arguments, **keywords)
    except TypeError as error:
        raise ExportFailed(f"the example does not fit {type(module).__name__}.forward: {error}") from error
    named = dict(bound.arguments)
    for name, parameter in bound.signature.parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            named |= named.pop(name, {})
    return named
