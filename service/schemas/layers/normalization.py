"""Normalizations: by the batch, by groups of channels, by the last axes."""

from math import prod
from typing import Annotated, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, StrictBool

from service.schemas.layers.base import Count, ShapeError
from service.schemas.layers.elementwise import Elementwise
from service.schemas.layers.registry import kind
from service.schemas.layers.shapes import require_float, require_rank, written
from service.schemas.layers.window import LAYOUTS
from service.schemas.plan import Family, Tensor

Momentum = Annotated[float, Field(ge=0, le=1)]


class Normalization(Elementwise):
    """Same shape out as in, with a gain and mostly a bias to train."""

    family: ClassVar[Family] = "normalization"
    weight_dimensions: ClassVar[int] = 1

    eps: NonNegativeFloat = 1e-5

    def multiply_adds(self, *inputs: Tensor) -> int:
        """About four per number: mean, variance, scale, shift."""
        return 4 * super().multiply_adds(*inputs)


class ChannelNormalization(Normalization):
    """Statistics of each channel, over the batch or each example."""

    ranks: ClassVar[tuple[int, int]]
    layout: ClassVar[str]

    momentum: Momentum | None = 0.1
    """Of the running statistics; null averages over all batches."""
    affine: StrictBool = True
    track_running_stats: StrictBool = True

    def output(self, *inputs: Tensor) -> Tensor:
        """The input's shape."""
        (x,) = inputs
        require_float(self.type, x)
        fewest, most = self.ranks
        require_rank(self.type, x, fewest=fewest, most=most, layout=self.layout)
        return x

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """Torch's arguments."""
        (x,) = inputs
        return {"num_features": x.shape[0], **super().arguments(*inputs)}

    def parameters(self, *inputs: Tensor) -> int:
        """A gain and a bias for each channel."""
        (x,) = inputs
        return 2 * x.shape[0] * self.affine


@kind
class BatchNorm1d(ChannelNormalization):
    """Over (features) or (channels, length)."""

    ranks: ClassVar[tuple[int, int]] = (1, 2)
    layout: ClassVar[str] = "(features) or (channels, length)"
    type: Literal["BatchNorm1d"]


@kind
class BatchNorm2d(ChannelNormalization):
    """Over (channels, height, width)."""

    ranks: ClassVar[tuple[int, int]] = (3, 3)
    layout: ClassVar[str] = LAYOUTS[2]
    type: Literal["BatchNorm2d"]


@kind
class BatchNorm3d(ChannelNormalization):
    """Over (channels, depth, height, width)."""

    ranks: ClassVar[tuple[int, int]] = (4, 4)
    layout: ClassVar[str] = LAYOUTS[3]
    type: Literal["BatchNorm3d"]


class InstanceNormalization(ChannelNormalization):
    """Each channel of each example by itself."""

    affine: StrictBool = False
    track_running_stats: StrictBool = False

    def output(self, *inputs: Tensor) -> Tensor:
        """The input's shape; one place per channel has no variance."""
        x = super().output(*inputs)
        if prod(x.shape[1:]) == 1:
            raise ShapeError(
                f"{self.type} normalizes each channel over its places, but {written(x.shape)} has only one",
                hint="use LayerNorm or BatchNorm",
            )
        return x


@kind
class InstanceNorm1d(InstanceNormalization):
    """Over (channels, length)."""

    ranks: ClassVar[tuple[int, int]] = (2, 2)
    layout: ClassVar[str] = LAYOUTS[1]
    type: Literal["InstanceNorm1d"]


@kind
class InstanceNorm2d(InstanceNormalization):
    """Over (channels, height, width)."""

    ranks: ClassVar[tuple[int, int]] = (3, 3)
    layout: ClassVar[str] = LAYOUTS[2]
    type: Literal["InstanceNorm2d"]


@kind
class InstanceNorm3d(InstanceNormalization):
    """Over (channels, depth, height, width)."""

    ranks: ClassVar[tuple[int, int]] = (4, 4)
    layout: ClassVar[str] = LAYOUTS[3]
    type: Literal["InstanceNorm3d"]


@kind
class GroupNorm(Normalization):
    """Each group of channels of each example by itself."""

    type: Literal["GroupNorm"]
    num_groups: Count
    affine: StrictBool = True

    def output(self, *inputs: Tensor) -> Tensor:
        """The input's shape."""
        x = super().output(*inputs)
        require_rank(self.type, x, fewest=1, most=None, layout="(channels, ...)")
        if x.shape[0] % self.num_groups:
            raise ShapeError(
                f"{x.shape[0]} channels cannot be divided into {self.num_groups} groups",
                hint=f"use a num_groups that divides {x.shape[0]}",
                argument="num_groups",
            )
        return x

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """Torch's arguments."""
        (x,) = inputs
        return {"num_channels": x.shape[0], **super().arguments(*inputs)}

    def parameters(self, *inputs: Tensor) -> int:
        """A gain and a bias for each channel."""
        (x,) = inputs
        return 2 * x.shape[0] * self.affine


class LastAxes(Normalization):
    """Each example over its last axes."""

    normalized_shape: Annotated[tuple[Count, ...], Field(min_length=1, max_length=6)] | Count | None = None
    """Sizes of the axes that are normalized over; the last one where it is left out."""
    elementwise_affine: StrictBool = True

    def output(self, *inputs: Tensor) -> Tensor:
        """The input's shape."""
        x = super().output(*inputs)
        require_rank(self.type, x, fewest=1, most=None, layout="(..., features)")
        wanted = self.normalized(x)
        if x.shape[-len(wanted) :] != wanted:
            raise ShapeError(
                f"normalized_shape {written(wanted)} is not the end of the input's {written(x.shape)}",
                hint=f"leave it out to normalize over the last axis of {x.shape[-1]}",
                argument="normalized_shape",
            )
        return x

    def normalized(self, x: Tensor) -> tuple[int, ...]:
        """The sizes, as a tuple."""
        if self.normalized_shape is None:
            return x.shape[-1:]
        return (self.normalized_shape,) if isinstance(self.normalized_shape, int) else self.normalized_shape

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """Torch's arguments."""
        (x,) = inputs
        return {**super().arguments(*inputs), "normalized_shape": self.normalized(x)}


@kind
class LayerNorm(LastAxes):
    """Mean 0 and variance 1."""

    type: Literal["LayerNorm"]
    bias: StrictBool = True

    def parameters(self, *inputs: Tensor) -> int:
        """A gain and perhaps a bias for each place."""
        (x,) = inputs
        return self.elementwise_affine * (1 + self.bias) * prod(self.normalized(x))


@kind
class RMSNorm(LastAxes):
    """Root mean square 1."""

    type: Literal["RMSNorm"]
    eps: NonNegativeFloat | None = None  # type: ignore[assignment]
    """The precision's own epsilon where it is left out."""

    def parameters(self, *inputs: Tensor) -> int:
        """A gain for each place."""
        (x,) = inputs
        return self.elementwise_affine * prod(self.normalized(x))


@kind
class LocalResponseNorm(Elementwise):
    """Divided by the neighbouring channels' squares."""

    family: ClassVar[Family] = "normalization"

    type: Literal["LocalResponseNorm"]
    size: Annotated[int, Field(ge=1, le=4096)]
    alpha: float = 1e-4
    beta: float = 0.75
    k: PositiveFloat = 1.0

    def output(self, *inputs: Tensor) -> Tensor:
        """The input's shape."""
        x = super().output(*inputs)
        require_rank(self.type, x, fewest=2, most=4, layout="(channels, *axes)")
        return x

    def multiply_adds(self, *inputs: Tensor) -> int:
        """One per number and neighbour."""
        return self.size * super().multiply_adds(*inputs)
