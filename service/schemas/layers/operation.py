"""Operations that join several values, or average one: what `op` can be."""

from typing import ClassVar, Literal

from pydantic import Field

from service.schemas.layers.base import LayerSpec, ShapeError
from service.schemas.layers.registry import kind
from service.schemas.layers.shapes import axis, numbers, require_float, written
from service.schemas.plan import Family, Tensor


class Operation(LayerSpec):
    """A layer with nothing to train that is written as `op`."""

    family: ClassVar[Family] = "operation"
    arity: ClassVar[tuple[int, int]] = (2, 64)

    def output(self, *inputs: Tensor) -> Tensor:
        """Shape of the joined value."""
        for x in inputs:
            require_float(self.type, x)
        return Tensor(shape=self.joined(*(x.shape for x in inputs)))

    def joined(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        """As numpy broadcasts, among inputs with the same number of axes so that the batch stays apart."""
        if any(len(shape) != len(shapes[0]) for shape in shapes) or any(
            len(set(sizes) - {1}) > 1 for sizes in zip(*shapes, strict=False)
        ):
            raise ShapeError(
                f"{self.type} cannot join {', '.join(written(shape) for shape in shapes)}",
                hint="all inputs need the same shape, or 1 where they differ",
                argument="from",
            )
        return tuple(max(sizes) for sizes in zip(*shapes, strict=True))

    def arguments(self, *inputs: Tensor) -> dict[str, object]:  # noqa: ARG002 - they do not depend on it
        """None."""
        return {}

    def parameters(self, *inputs: Tensor) -> int:  # noqa: ARG002 - nothing to train
        """None."""
        return 0

    def multiply_adds(self, *inputs: Tensor) -> int:
        """One per number that goes in."""
        return sum(numbers(x) for x in inputs)


@kind
class Add(Operation):
    """The sum, element by element."""

    type: Literal["add"] = Field(alias="op")


@kind
class Multiply(Operation):
    """The product, element by element."""

    type: Literal["mul"] = Field(alias="op")


@kind
class Concatenate(Operation):
    """One after the other along a dimension; 0 is the batch."""

    type: Literal["concat"] = Field(alias="op")
    dim: int = 1

    def joined(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        """Sizes add up along `dim` and are equal elsewhere."""
        along = axis(self.type, self.dim, Tensor(shape=shapes[0]))
        others = {(*shape[:along], *shape[along + 1 :]) for shape in shapes}
        if len(others) > 1 or any(len(shape) != len(shapes[0]) for shape in shapes):
            raise ShapeError(
                f"concat along dim {self.dim} cannot join {', '.join(written(shape) for shape in shapes)}",
                hint="all dimensions but that one must be equal; 0 is the batch",
                argument="from",
            )
        return (*shapes[0][:along], sum(shape[along] for shape in shapes), *shapes[0][along + 1 :])

    def arguments(self, *inputs: Tensor) -> dict[str, object]:  # noqa: ARG002 - they do not depend on it
        """The dimension."""
        return {"dim": self.dim}


@kind
class MatrixProduct(Operation):
    """The product of two matrices, or of two equal stacks of them."""

    arity: ClassVar[tuple[int, int]] = (2, 2)

    type: Literal["matmul"] = Field(alias="op")

    def joined(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        """(..., m, k) and (..., k, n) to (..., m, n)."""
        left, right = shapes
        if min(len(left), len(right)) < 2 or left[:-2] != right[:-2] or left[-1] != right[-2]:
            raise ShapeError(
                f"matmul cannot multiply {written(left)} by {written(right)}",
                hint="it takes (..., m, k) and (..., k, n); use Permute or Reshape before it",
                argument="from",
            )
        return (*left[:-1], right[-1])

    def multiply_adds(self, *inputs: Tensor) -> int:
        """One per number of the product and step of the sum."""
        return numbers(inputs[0]) * inputs[1].shape[-1]


@kind
class Mean(Operation):
    """The mean of several inputs, element by element, or of one input along a dimension."""

    arity: ClassVar[tuple[int, int]] = (1, 64)

    type: Literal["mean"] = Field(alias="op")
    dim: int | None = None
    """Dimension to average one input along (0 is the batch): 1, which is time, where it is left out."""

    def joined(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        """One input loses the dimension; several are joined as a sum is."""
        if len(shapes) > 1 and self.dim is not None:
            raise ShapeError(
                f"mean of {len(shapes)} inputs is taken element by element and has no dim",
                hint="leave dim out, or take one input",
                argument="dim",
            )
        if len(shapes) > 1:
            return super().joined(*shapes)
        along = axis(self.type, 1 if self.dim is None else self.dim, Tensor(shape=shapes[0]))
        return (*shapes[0][:along], *shapes[0][along + 1 :])

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """The dimension where there is one input, else None: the inputs are averaged."""
        return {"dim": (1 if self.dim is None else self.dim) if len(inputs) == 1 else None}
