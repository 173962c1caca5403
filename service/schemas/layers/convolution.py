"""Convolutions over one, two and three axes, and their transposes."""

from math import prod
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from service.schemas.layers.base import Count, ShapeError
from service.schemas.layers.linear import Parametrization
from service.schemas.layers.registry import kind
from service.schemas.layers.window import Counts, Margins, Padding, Windowed, require_fit
from service.schemas.plan import Family, Tensor


class Filter(Windowed):
    """What a convolution and its transpose have in common."""

    family: ClassVar[Family] = "convolution"

    out_channels: Count
    kernel_size: Counts
    stride: Annotated[Counts, Field(validate_default=True)] = (1,)
    dilation: Annotated[Counts, Field(validate_default=True)] = (1,)
    groups: Count = 1
    bias: StrictBool = True
    norm: Parametrization | None = None
    """Weight or spectral normalization of the weight."""

    def output(self, *inputs: Tensor) -> Tensor:
        """`out_channels` first, then the axes."""
        (x,) = inputs
        sizes = self.sizes(x)
        for argument, channels in (("in_channels", x.shape[0]), ("out_channels", self.out_channels)):
            if channels % self.groups:
                raise ShapeError(
                    f"{argument} {channels} cannot be divided into {self.groups} groups",
                    hint=f"use groups that divide both {x.shape[0]} and {self.out_channels}",
                    argument="groups",
                )
        return Tensor(shape=(self.out_channels, *self.slid(sizes)))

    def slid(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """Sizes of the axes after the window went over them."""
        raise NotImplementedError

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """Torch's arguments; `norm` is put on after building."""
        (x,) = inputs
        names = type(self).model_fields.keys() - Windowed.model_fields.keys() - {"norm"}
        return {"in_channels": x.shape[0], **{name: getattr(self, name) for name in sorted(names)}}

    def parameters(self, *inputs: Tensor) -> int:
        """Weight and bias; weight normalization adds a length for each of the weight's first axis."""
        (x,) = inputs
        weight = x.shape[0] // self.groups * self.out_channels * prod(self.kernel_size)
        lengths = self.lengths(x.shape[0]) if self.norm == "weight" else 0
        return weight + self.bias * self.out_channels + lengths

    def lengths(self, in_channels: int) -> int:  # noqa: ARG002 - of the transpose it depends on it
        """Size of the weight's first axis."""
        return self.out_channels


class Convolution(Filter):
    """Each output is a weighted sum of the window over the input."""

    padding: Annotated[Padding, Field(validate_default=True)] = (0,)
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros"

    @model_validator(mode="after")
    def same_needs_stride_one(self) -> "Convolution":
        """Torch keeps the size only where the window moves by one."""
        if self.padding == "same" and set(self.stride) != {1}:
            raise PydanticCustomError("same", "padding `same` needs a stride of 1")
        return self

    def slid(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """⌊(size + 2 padding - dilation (kernel - 1) - 1) / stride⌋ + 1."""
        self.require_paddable(sizes)
        if self.padding == "same":
            return sizes
        paddings = (0,) * self.axes if self.padding == "valid" else self.padding
        slid = []
        for size, kernel, stride, dilation, padding in zip(
            sizes, self.kernel_size, self.stride, self.dilation, paddings, strict=True
        ):
            require_fit(size, kernel, dilation, int(padding))
            slid.append((size + 2 * int(padding) - dilation * (kernel - 1) - 1) // stride + 1)
        return tuple(slid)

    def require_paddable(self, sizes: tuple[int, ...]) -> None:
        """A border can only be mirrored from, or go around into, what is there."""
        most = {"reflect": 1, "circular": 0}.get(self.padding_mode)
        if most is None:
            return
        for size, border in zip(sizes, self.borders(), strict=True):
            if border > size - most:
                raise ShapeError(
                    f"{self.padding_mode} padding of {border} needs more than its input of {size}",
                    hint=f"use padding <= {size - most} or padding_mode: zeros",
                    argument="padding",
                )

    def borders(self) -> tuple[int, ...]:
        """Largest padding on one side of each axis."""
        if self.padding == "same":
            pairs = zip(self.kernel_size, self.dilation, strict=True)
            return tuple((dilation * (kernel - 1) + 1) // 2 for kernel, dilation in pairs)
        return (0,) * self.axes if self.padding == "valid" else tuple(map(int, self.padding))

    def multiply_adds(self, *inputs: Tensor) -> int:
        """One per weight and place of the window."""
        (x,) = inputs
        weight = x.shape[0] // self.groups * self.out_channels * prod(self.kernel_size)
        return weight * prod(self.output(x).shape[1:])


class Transposed(Filter):
    """The gradient of a convolution as a layer: it makes its input larger."""

    padding: Annotated[Margins, Field(validate_default=True)] = (0,)
    output_padding: Annotated[Margins, Field(validate_default=True)] = (0,)

    def slid(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """(size - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1."""
        slid = []
        for size, kernel, stride, dilation, padding, added in zip(
            sizes,
            self.kernel_size,
            self.stride,
            self.dilation,
            self.padding,
            self.output_padding,
            strict=True,
        ):
            if added >= max(stride, dilation):
                raise ShapeError(
                    f"output_padding {added} must be less than stride {stride} or dilation {dilation}",
                    argument="output_padding",
                )
            slid.append((size - 1) * stride - 2 * padding + dilation * (kernel - 1) + added + 1)
            if slid[-1] < 1:
                raise ShapeError(
                    f"a padding of {padding} takes away all of the output",
                    hint=f"use padding <= {padding - (1 - slid[-1] + 1) // 2}",
                    argument="padding",
                )
        return tuple(slid)

    def lengths(self, in_channels: int) -> int:
        """The weight of a transpose starts with its input's channels."""
        return in_channels

    def multiply_adds(self, *inputs: Tensor) -> int:
        """One per weight and place of the input."""
        (x,) = inputs
        return prod(x.shape[1:]) * x.shape[0] * (self.out_channels // self.groups) * prod(self.kernel_size)


@kind
class Conv1d(Convolution):
    """Over (channels, length)."""

    axes: ClassVar[int] = 1
    weight_dimensions: ClassVar[int] = 3
    type: Literal["Conv1d"]


@kind
class Conv2d(Convolution):
    """Over (channels, height, width)."""

    axes: ClassVar[int] = 2
    weight_dimensions: ClassVar[int] = 4
    type: Literal["Conv2d"]


@kind
class Conv3d(Convolution):
    """Over (channels, depth, height, width)."""

    axes: ClassVar[int] = 3
    weight_dimensions: ClassVar[int] = 5
    type: Literal["Conv3d"]


@kind
class ConvTranspose1d(Transposed):
    """Over (channels, length)."""

    axes: ClassVar[int] = 1
    weight_dimensions: ClassVar[int] = 3
    type: Literal["ConvTranspose1d"]


@kind
class ConvTranspose2d(Transposed):
    """Over (channels, height, width)."""

    axes: ClassVar[int] = 2
    weight_dimensions: ClassVar[int] = 4
    type: Literal["ConvTranspose2d"]


@kind
class ConvTranspose3d(Transposed):
    """Over (channels, depth, height, width)."""

    axes: ClassVar[int] = 3
    weight_dimensions: ClassVar[int] = 5
    type: Literal["ConvTranspose3d"]
