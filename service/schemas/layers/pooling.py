"""Pooling: the largest or the average of a window, or of as many windows as outputs are wanted."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool

from service.schemas.layers.base import Count, ShapeError
from service.schemas.layers.registry import kind
from service.schemas.layers.shapes import numbers
from service.schemas.layers.window import Counts, Margins, Windowed, require_fit
from service.schemas.plan import Family, Tensor


class Pooling(Windowed):
    """A layer over (channels, *axes) that keeps the channels and has nothing to train."""

    family: ClassVar[Family] = "pooling"

    def output(self, *inputs: Tensor) -> Tensor:
        """The same channels over smaller axes."""
        (x,) = inputs
        sizes = self.sizes(x)
        return Tensor(shape=(x.shape[0], *self.pooled(sizes)))

    def pooled(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """Sizes of the axes after pooling."""
        raise NotImplementedError

    def arguments(self, *inputs: Tensor) -> dict[str, object]:  # noqa: ARG002 - they do not depend on it
        """Torch's arguments."""
        return {
            name: getattr(self, name) for name in type(self).model_fields if name not in Windowed.model_fields
        }

    def parameters(self, *inputs: Tensor) -> int:  # noqa: ARG002 - nothing to train
        """None."""
        return 0

    def multiply_adds(self, *inputs: Tensor) -> int:
        """One per number that goes in."""
        (x,) = inputs
        return numbers(x)


class WindowPooling(Pooling):
    """Pooling by a sliding window."""

    kernel_size: Counts
    stride: Counts | None = None
    """The kernel's size where it is left out."""
    padding: Annotated[Margins, Field(validate_default=True)] = (0,)
    ceil_mode: StrictBool = False
    """Keep a last window that reaches over the border."""

    def pooled(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """As torch: a window that would start in the right border is left out."""
        strides = self.stride or self.kernel_size
        return tuple(
            self.slid(*window)
            for window in zip(sizes, self.kernel_size, strides, self.padding, self.dilations(), strict=True)
        )

    def dilations(self) -> tuple[int, ...]:
        """Distance of the window's elements."""
        return (1,) * self.axes

    def slid(self, size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
        """How many windows an axis has."""
        reach = dilation * (kernel - 1) + 1
        half = kernel // 2  # torch leaves the dilation out here
        if padding > half:
            raise ShapeError(
                f"a padding of {padding} is more than half of the kernel of {kernel}",
                hint=f"use padding <= {half}",
                argument="padding",
            )
        over = stride - 1 if self.ceil_mode else 0
        count = (size + 2 * padding - reach + over) // stride + 1
        if self.ceil_mode and (count - 1) * stride >= size + padding:
            count -= 1
        if count < 1:
            require_fit(size, kernel, dilation, padding)
        return count


class MaxPooling(WindowPooling):
    """The largest of each window."""

    dilation: Annotated[Counts, Field(validate_default=True)] = (1,)

    def dilations(self) -> tuple[int, ...]:
        """As written."""
        return self.dilation


class AveragePooling(WindowPooling):
    """The average of each window."""

    count_include_pad: StrictBool = True

    def slid(self, size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
        """How many windows an axis has; with three axes torch does not count the padding in."""
        if self.axes == 3:
            require_fit(size, kernel, dilation, 0)
        return super().slid(size, kernel, stride, padding, dilation)


class AdaptivePooling(Pooling):
    """As many windows as it takes for an output of `output_size`."""

    output_size: Annotated[tuple[Count | None, ...], Field(max_length=3)]
    """One for each axis; null keeps the axis as it is."""

    def pooled(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """The wanted sizes."""
        return tuple(wanted or size for size, wanted in zip(sizes, self.output_size, strict=True))

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """Torch's argument; with one axis it takes no null."""
        (x,) = inputs
        return {"output_size": self.pooled(x.shape[1:])}


@kind
class MaxPool1d(MaxPooling):
    """Over (channels, length)."""

    axes: ClassVar[int] = 1
    type: Literal["MaxPool1d"]


@kind
class MaxPool2d(MaxPooling):
    """Over (channels, height, width)."""

    axes: ClassVar[int] = 2
    type: Literal["MaxPool2d"]


@kind
class MaxPool3d(MaxPooling):
    """Over (channels, depth, height, width)."""

    axes: ClassVar[int] = 3
    type: Literal["MaxPool3d"]


@kind
class AvgPool1d(AveragePooling):
    """Over (channels, length)."""

    axes: ClassVar[int] = 1
    type: Literal["AvgPool1d"]


@kind
class AvgPool2d(AveragePooling):
    """Over (channels, height, width)."""

    axes: ClassVar[int] = 2
    type: Literal["AvgPool2d"]


@kind
class AvgPool3d(AveragePooling):
    """Over (channels, depth, height, width)."""

    axes: ClassVar[int] = 3
    type: Literal["AvgPool3d"]


@kind
class AdaptiveMaxPool1d(AdaptivePooling):
    """Over (channels, length)."""

    axes: ClassVar[int] = 1
    type: Literal["AdaptiveMaxPool1d"]


@kind
class AdaptiveMaxPool2d(AdaptivePooling):
    """Over (channels, height, width)."""

    axes: ClassVar[int] = 2
    type: Literal["AdaptiveMaxPool2d"]


@kind
class AdaptiveMaxPool3d(AdaptivePooling):
    """Over (channels, depth, height, width)."""

    axes: ClassVar[int] = 3
    type: Literal["AdaptiveMaxPool3d"]


@kind
class AdaptiveAvgPool1d(AdaptivePooling):
    """Over (channels, length)."""

    axes: ClassVar[int] = 1
    type: Literal["AdaptiveAvgPool1d"]


@kind
class AdaptiveAvgPool2d(AdaptivePooling):
    """Over (channels, height, width)."""

    axes: ClassVar[int] = 2
    type: Literal["AdaptiveAvgPool2d"]


@kind
class AdaptiveAvgPool3d(AdaptivePooling):
    """Over (channels, depth, height, width)."""

    axes: ClassVar[int] = 3
    type: Literal["AdaptiveAvgPool3d"]
