"""Dropout: of numbers, of whole channels, and the kind that keeps SELU's mean and variance."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from service.schemas.layers.elementwise import Elementwise
from service.schemas.layers.registry import kind
from service.schemas.layers.shapes import require_rank
from service.schemas.layers.window import LAYOUTS
from service.schemas.plan import Family, Tensor


class Drop(Elementwise):
    """Some of the input is put out while training."""

    family: ClassVar[Family] = "dropout"

    p: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share that is put out."""


@kind
class Dropout(Drop):
    """Of single numbers (Alpha: put to SELU's floor), or of channels of any layout (FeatureAlpha)."""

    type: Literal["Dropout", "AlphaDropout"]


@kind
class ChannelDropout(Drop):
    """Of whole channels."""

    type: Literal["Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]

    def output(self, *inputs: Tensor) -> Tensor:
        """The input's shape."""
        x = super().output(*inputs)
        if self.type == "FeatureAlphaDropout":
            require_rank(self.type, x, fewest=1, most=None, layout="(channels, ...)")
            return x
        axes = int(self.type[-2])
        require_rank(self.type, x, fewest=axes + 1, most=axes + 1, layout=LAYOUTS[axes])
        return x
