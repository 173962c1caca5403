"""Batches in shuffled epochs, drawn the same way for the same seed; the last one of an epoch may be smaller."""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from workers.training.data import Examples


def batches(examples: Examples, size: int, seed: int, *, fewest: int = 1) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless batches of (inputs, targets), on the device of the examples; without targets the second is empty.

    A last batch with fewer than `fewest` examples is dropped, unless it is the only one. Noise comes from
    torch's own generator, so that it follows the run's seed.
    """
    dice = torch.Generator().manual_seed(seed)
    x = examples.x
    y = x.new_empty(len(x), 0) if examples.y is None else examples.y
    while True:
        order = torch.randperm(len(x), generator=dice).to(x.device)
        for start in range(0, len(x), size):
            chosen = order[start : start + size]
            if start and len(chosen) < fewest:
                continue
            inputs = x[chosen]
            yield inputs + examples.noise * torch.randn_like(inputs) if examples.noise else inputs, y[chosen]


@runtime_checkable
class Particular(Protocol):
    """A network that does not take batches of any size."""

    @property
    def batch(self) -> int | None:
        """The only batch that it works with; None where any does."""

    @property
    def fewest(self) -> int:
        """The smallest batch that it can train on."""


def sizes(network: nn.Module, wanted: int) -> tuple[int, int]:
    """Examples of a batch, and how many the last one of an epoch has to have, where so many are wanted."""
    if isinstance(network, Particular):
        return network.batch or wanted, network.batch or network.fewest
    return wanted, fewest_examples(network)


def fewest_examples(network: nn.Module) -> int:
    """The smallest batch that a network can train on: batch normalisation takes no single example."""
    return 2 if any(isinstance(module, _BatchNorm) for module in network.modules()) else 1
