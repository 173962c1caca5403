"""Layers that only arrange their input anew; dimensions are counted as torch does, where 0 is the batch."""

from math import floor, prod
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from service.schemas.layers.base import Count, LayerSpec, ShapeError
from service.schemas.layers.registry import kind
from service.schemas.layers.shapes import axis, numbers, require_float, require_rank, written
from service.schemas.plan import Family, Shape, Tensor

Size = Annotated[int, Field(ge=-1, le=1_000_000)]
"""A size, or -1 for what is left."""
Sizes = Annotated[tuple[Size, ...], Field(min_length=1, max_length=8)]
Factor = Annotated[float, Field(gt=0, le=1000)]


class Rearrangement(LayerSpec):
    """Integers pass as well as floats; nothing is trained or computed."""

    family: ClassVar[Family] = "shape"

    def output(self, *inputs: Tensor) -> Tensor:
        """The same numbers in another shape."""
        (x,) = inputs
        return x.model_copy(update={"shape": self.arranged(x)})

    def arranged(self, x: Tensor) -> Shape:
        """The shape after it."""
        return x.shape

    def arguments(self, *inputs: Tensor) -> dict[str, object]:  # noqa: ARG002 - mostly they do not depend on it
        """Every field that the kind itself adds."""
        own = type(self).model_fields.keys() - LayerSpec.model_fields.keys()
        return {name: getattr(self, name) for name in sorted(own)}

    def parameters(self, *inputs: Tensor) -> int:  # noqa: ARG002 - nothing to train
        """None."""
        return 0

    def multiply_adds(self, *inputs: Tensor) -> int:  # noqa: ARG002 - nothing to compute
        """None."""
        return 0


@kind
class Identity(Rearrangement):
    """Hands its input on; a place to name."""

    type: Literal["Identity"]


@kind
class Flatten(Rearrangement):
    """Several dimensions as one: all but the batch by default."""

    type: Literal["Flatten"]
    start_dim: int = 1
    end_dim: int = -1

    def arranged(self, x: Tensor) -> Shape:
        """Dimensions from `start_dim` to `end_dim` as one."""
        require_rank(self.type, x, fewest=1, most=None, layout="one axis or more")
        start = axis(self.type, self.start_dim, x, argument="start_dim")
        end = axis(self.type, self.end_dim, x, argument="end_dim")
        if start > end:
            raise ShapeError(
                f"start_dim {self.start_dim} comes after end_dim {self.end_dim}", argument="start_dim"
            )
        return (*x.shape[:start], prod(x.shape[start : end + 1]), *x.shape[end + 1 :])


@kind
class Unflatten(Rearrangement):
    """One dimension as several."""

    type: Literal["Unflatten"]
    dim: int
    unflattened_size: Sizes

    def arranged(self, x: Tensor) -> Shape:
        """The sizes in place of the dimension."""
        place = axis(self.type, self.dim, x)
        sizes = filled(self.unflattened_size, x.shape[place], "unflattened_size")
        return (*x.shape[:place], *sizes, *x.shape[place + 1 :])


@kind
class Reshape(Rearrangement):
    """The same numbers in the same order in another shape, without the batch."""

    type: Literal["Reshape"]
    shape: Sizes

    def arranged(self, x: Tensor) -> Shape:
        """The shape, with its -1 filled in."""
        return filled(self.shape, numbers(x), "shape")

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """The shape without -1 and without the batch."""
        (x,) = inputs
        return {"shape": self.arranged(x)}


@kind
class Permute(Rearrangement):
    """Dimensions in another order; the batch, 0, stays first and may be left out."""

    type: Literal["Permute"]
    dims: Annotated[tuple[Annotated[int, Field(ge=0, le=8)], ...], Field(max_length=9)]

    def arranged(self, x: Tensor) -> Shape:
        """Sizes in the new order."""
        order = self.order()
        if sorted(order) != list(range(1, len(x.shape) + 1)):
            raise ShapeError(
                f"dims {list(self.dims)} are no order of the {len(x.shape)} dimensions of {written(x.shape)}",
                hint=f"each number from 1 to {len(x.shape)} is there once; 0 is the batch and stays first",
                argument="dims",
            )
        return tuple(x.shape[dim - 1] for dim in order)

    def order(self) -> tuple[int, ...]:
        """The dimensions without the batch."""
        return self.dims[1:] if self.dims[:1] == (0,) else self.dims

    def arguments(self, *inputs: Tensor) -> dict[str, object]:  # noqa: ARG002 - they do not depend on it
        """All dimensions, the batch first."""
        return {"dims": (0, *self.order())}


@kind
class Select(Rearrangement):
    """One place along a dimension, e.g. the class token or the last time step."""

    type: Literal["Select"]
    dim: int = 1
    index: int

    def arranged(self, x: Tensor) -> Shape:
        """Without the dimension."""
        place = axis(self.type, self.dim, x)
        size = x.shape[place]
        if not -size <= self.index < size:
            raise ShapeError(f"there is no place {self.index} among {size}", argument="index")
        return (*x.shape[:place], *x.shape[place + 1 :])


@kind
class Upsample(Rearrangement):
    """Axes made longer, by repeating or by interpolation."""

    type: Literal["Upsample"]
    size: Annotated[tuple[Count, ...], Field(min_length=1, max_length=3)] | Count | None = None
    scale_factor: Annotated[tuple[Factor, ...], Field(min_length=1, max_length=3)] | Factor | None = None
    mode: Literal["nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear"] = "nearest"
    align_corners: StrictBool | None = None

    @model_validator(mode="after")
    def one_of_two(self) -> "Upsample":
        """Torch takes a size or a factor, and corners only where it interpolates."""
        if (self.size is None) == (self.scale_factor is None):
            raise PydanticCustomError("upsample", "Upsample takes either a size or a scale_factor")
        if self.align_corners is not None and self.mode.startswith("nearest"):
            raise PydanticCustomError("upsample", "align_corners is for the modes that interpolate")
        return self

    def arranged(self, x: Tensor) -> Shape:
        """The size, or ⌊factor · size⌋ for each axis."""
        require_float(self.type, x)
        wanted = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}.get(self.mode)
        layout = f"(channels, {wanted or '1 to 3'} axes)"
        fewest, most = (wanted + 1, wanted + 1) if wanted else (2, 4)
        require_rank(f"Upsample ({self.mode})", x, fewest=fewest, most=most, layout=layout)
        return (x.shape[0], *self.enlarged(x.shape[1:]))

    def enlarged(self, sizes: Shape) -> Shape:
        """Sizes of the axes."""
        argument = "size" if self.scale_factor is None else "scale_factor"
        written_sizes = self.size if self.scale_factor is None else self.scale_factor
        each = written_sizes if isinstance(written_sizes, tuple) else (written_sizes,) * len(sizes)
        if len(each) != len(sizes):
            raise ShapeError(f"{len(each)} numbers for {len(sizes)} axes", argument=argument)
        if self.scale_factor is None:
            return tuple(int(size) for size in each if size is not None)
        enlarged = tuple(floor(size * factor) for size, factor in zip(sizes, each, strict=True) if factor)
        if min(enlarged) < 1:
            raise ShapeError(f"nothing is left of {written(sizes)}", argument=argument)
        return enlarged

    def multiply_adds(self, *inputs: Tensor) -> int:
        """About four per output."""
        return 4 * numbers(self.output(*inputs))


def filled(sizes: tuple[int, ...], total: int, argument: str) -> Shape:
    """The sizes with their -1 worked out; they must hold `total` numbers."""
    known = prod(size for size in sizes if size != -1)
    free = sizes.count(-1)
    fits = known == total if free == 0 else free == 1 and known > 0 and total % known == 0
    if not fits or 0 in sizes:
        raise ShapeError(
            f"{total} numbers do not fit into {' x '.join(map(str, sizes))}",
            hint="the sizes multiply to the input's; one of them may be -1",
            argument=argument,
        )
    return tuple(total // known if size == -1 else size for size in sizes)
