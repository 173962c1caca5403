"""Rearrangements that torch has as functions, but not as modules."""

from collections.abc import Sequence

from torch import Tensor, nn

from workers.networks.registry import kind


@kind("Reshape")
class Reshape(nn.Module):
    """The same numbers in another shape, which leaves the batch out."""

    def __init__(self, *, shape: Sequence[int]) -> None:
        super().__init__()
        self.shape = tuple(shape)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, ...) to (batch, *shape)."""
        return x.reshape(len(x), *self.shape)


@kind("Permute")
class Permute(nn.Module):
    """Dimensions in another order; `dims` counts the batch, 0, which stays first."""

    def __init__(self, *, dims: Sequence[int]) -> None:
        super().__init__()
        self.dims = tuple(dims)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, ...) to (batch, ...)."""
        return x.permute(self.dims)


@kind("Select")
class Select(nn.Module):
    """One place along a dimension, counted with the batch."""

    def __init__(self, *, dim: int, index: int) -> None:
        super().__init__()
        self.dim = dim
        self.index = index

    def forward(self, x: Tensor) -> Tensor:
        """The input without that dimension."""
        return x.select(self.dim, self.index)
