"""Operations that join several values, as modules: a hook on one sees it like any other layer."""

from functools import reduce
from operator import add, mul

import torch
from torch import Tensor, nn

from workers.networks.registry import kind


@kind("add")
class Add(nn.Module):
    """The sum of its inputs, element by element."""

    def forward(self, *inputs: Tensor) -> Tensor:
        """Inputs broadcast against one another."""
        return reduce(add, inputs)


@kind("mul")
class Multiply(nn.Module):
    """The product of its inputs, element by element."""

    def forward(self, *inputs: Tensor) -> Tensor:
        """Inputs broadcast against one another."""
        return reduce(mul, inputs)


@kind("concat")
class Concatenate(nn.Module):
    """Its inputs one after the other along `dim`; 0 is the batch."""

    def __init__(self, *, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *inputs: Tensor) -> Tensor:
        """Inputs are equal in all other dimensions."""
        return torch.cat(inputs, dim=self.dim)


@kind("matmul")
class MatrixProduct(nn.Module):
    """The product of two stacks of matrices."""

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        """(batch, ..., m, k) and (batch, ..., k, n) to (batch, ..., m, n)."""
        return left @ right


@kind("mean")
class Mean(nn.Module):
    """The mean of one input along `dim`, or of several inputs element by element where `dim` is None."""

    def __init__(self, *, dim: int | None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *inputs: Tensor) -> Tensor:
        """Several inputs broadcast against one another."""
        if self.dim is None:
            return reduce(add, inputs) / len(inputs)
        return inputs[0].mean(dim=self.dim)
