"""Sizes of layers that slide a window over one, two or three axes: an int for all axes, or one for each."""

from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, field_validator
from pydantic_core import PydanticCustomError

from service.schemas.layers.base import Count, LayerSpec, ShapeError
from service.schemas.layers.shapes import require_float, require_rank
from service.schemas.plan import Tensor

Margin = Annotated[int, Field(ge=0, le=1_000_000)]
Counts = Annotated[tuple[Count, ...], Field(max_length=3)]
Margins = Annotated[tuple[Margin, ...], Field(max_length=3)]
Padding = Annotated[
    Annotated[Margins, Tag("numbers")] | Annotated[Literal["same", "valid"], Tag("a word")],
    Discriminator(lambda value: "a word" if isinstance(value, str) else "numbers"),
]
"""Numbers that are added on both sides, or `same` to keep the size, or `valid` for none."""

SPREAD = ("kernel_size", "stride", "padding", "dilation", "output_padding", "output_size")
"""Arguments with a value for each axis."""

Written = int | tuple[int | None, ...] | Literal["same", "valid"] | None
"""What a client may write for them."""

LAYOUTS = {1: "(channels, length)", 2: "(channels, height, width)", 3: "(channels, depth, height, width)"}


class Windowed(LayerSpec):
    """A layer over (channels, *axes) with a number of axes that its type says."""

    axes: ClassVar[int]

    @field_validator(*SPREAD, mode="before", check_fields=False, json_schema_input_type=Written)
    @classmethod
    def spread(cls, value: object) -> object:
        """One number is meant for every axis."""
        if value is None or value in ("same", "valid"):
            return value
        written = list(value) if isinstance(value, list | tuple) else [value]
        if len(written) not in (1, cls.axes):
            raise PydanticCustomError(
                "axes", "{count} numbers for {axes} axes", {"count": len(written), "axes": cls.axes}
            )
        return written * cls.axes if len(written) == 1 else written

    def sizes(self, tensor: Tensor) -> tuple[int, ...]:
        """Sizes of the axes that the window slides over; refuses an input with another number of them."""
        require_float(self.type, tensor)
        require_rank(self.type, tensor, fewest=self.axes + 1, most=self.axes + 1, layout=LAYOUTS[self.axes])
        return tensor.shape[1:]


def require_fit(size: int, kernel: int, dilation: int, padding: int) -> None:
    """Refuse a window that does not fit even once."""
    reach = dilation * (kernel - 1) + 1
    padded = size + 2 * padding
    if reach <= padded:
        return
    spread = f" (dilated to {reach})" if dilation > 1 else ""
    around = f" (padded to {padded})" if padding else ""
    largest = (padded - 1) // dilation + 1
    raise ShapeError(
        f"a kernel of {kernel}{spread} is larger than its input of {size}{around}",
        hint=f"use kernel_size <= {largest} or padding >= {-((size - reach) // 2)}",
        argument="kernel_size",
    )
