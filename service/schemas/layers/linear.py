"""Linear maps of the last axis."""

from typing import ClassVar, Literal

from pydantic import StrictBool

from service.schemas.layers.base import Count, LayerSpec, ShapeError
from service.schemas.layers.registry import kind
from service.schemas.layers.shapes import numbers, require_float, require_rank, written
from service.schemas.plan import Family, Tensor

Parametrization = Literal["weight", "spectral"]


@kind
class Linear(LayerSpec):
    """y = x Wᵀ + b over the last axis."""

    family: ClassVar[Family] = "linear"
    weight_dimensions: ClassVar[int] = 2

    type: Literal["Linear"]
    out_features: Count
    bias: StrictBool = True
    norm: Parametrization | None = None
    """Weight or spectral normalization of the weight."""

    def output(self, *inputs: Tensor) -> Tensor:
        """The input with `out_features` on its last axis."""
        (x,) = inputs
        require_float(self.type, x)
        require_rank(self.type, x, fewest=1, most=None, layout="(..., features)")
        return Tensor(shape=(*x.shape[:-1], self.out_features))

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """Torch's arguments; `norm` is put on after building."""
        (x,) = inputs
        return {"in_features": x.shape[-1], "out_features": self.out_features, "bias": self.bias}

    def parameters(self, *inputs: Tensor) -> int:
        """Weight and bias; weight normalization adds a length for each row."""
        (x,) = inputs
        lengths = self.out_features if self.norm == "weight" else 0
        return self.out_features * (x.shape[-1] + self.bias) + lengths

    def multiply_adds(self, *inputs: Tensor) -> int:
        """One per weight and position."""
        (x,) = inputs
        return numbers(x) * self.out_features


@kind
class Bilinear(LayerSpec):
    """y = x₁ᵀ A x₂ + b over the last axes of two inputs."""

    family: ClassVar[Family] = "linear"
    arity: ClassVar[tuple[int, int]] = (2, 2)
    weight_dimensions: ClassVar[int] = 3

    type: Literal["Bilinear"]
    out_features: Count
    bias: StrictBool = True

    def output(self, *inputs: Tensor) -> Tensor:
        """The first input with `out_features` on its last axis."""
        first, second = inputs
        for x in inputs:
            require_float(self.type, x)
            require_rank(self.type, x, fewest=1, most=None, layout="(..., features)")
        if first.shape[:-1] != second.shape[:-1]:
            raise ShapeError(
                f"Bilinear joins {written(first.shape)} and {written(second.shape)}: "
                "all axes but the last must be equal",
                hint="Flatten or Reshape one of them",
                argument="from",
            )
        return Tensor(shape=(*first.shape[:-1], self.out_features))

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """Torch's arguments."""
        first, second = inputs
        return {
            "in1_features": first.shape[-1],
            "in2_features": second.shape[-1],
            "out_features": self.out_features,
            "bias": self.bias,
        }

    def parameters(self, *inputs: Tensor) -> int:
        """A matrix for each output, and the bias."""
        first, second = inputs
        return self.out_features * (first.shape[-1] * second.shape[-1] + self.bias)

    def multiply_adds(self, *inputs: Tensor) -> int:
        """Two products per weight and position."""
        first, second = inputs
        return 2 * numbers(first) * second.shape[-1] * self.out_features
