"""Activations of torch.nn, and the sine of SIREN networks."""

from typing import ClassVar, Literal

from pydantic import PositiveFloat, model_validator
from pydantic_core import PydanticCustomError

from service.schemas.layers.base import Count, ShapeError
from service.schemas.layers.elementwise import Elementwise
from service.schemas.layers.registry import kind
from service.schemas.layers.shapes import axis, numbers, require_float, require_rank
from service.schemas.plan import Family, Tensor


class Activation(Elementwise):
    """A function of each number, or of a vector of them."""

    family: ClassVar[Family] = "activation"


@kind
class Plain(Activation):
    """An activation without arguments."""

    type: Literal[
        "ReLU", "ReLU6", "Sigmoid", "Tanh", "LogSigmoid", "Softsign", "Tanhshrink", "SiLU", "Mish", "SELU",
        "Hardsigmoid", "Hardswish",
    ]  # fmt: skip


@kind
class LeakyReLU(Activation):
    """x where positive, else `negative_slope` · x."""

    type: Literal["LeakyReLU"]
    negative_slope: float = 0.01


@kind
class PReLU(Activation):
    """A leaky ReLU whose slope is learned, one for all or one per channel (axis 1)."""

    weight_dimensions: ClassVar[int] = 1

    type: Literal["PReLU"]
    num_parameters: Count = 1
    init: float = 0.25

    def output(self, *inputs: Tensor) -> Tensor:
        """The input's shape."""
        x = super().output(*inputs)
        if self.num_parameters > 1:
            require_rank(self.type, x, fewest=1, most=None, layout="(channels, ...)")
            if x.shape[0] != self.num_parameters:
                raise ShapeError(
                    f"PReLU has {self.num_parameters} slopes for {x.shape[0]} channels",
                    hint=f"use num_parameters: 1 or {x.shape[0]}",
                    argument="num_parameters",
                )
        return x

    def parameters(self, *inputs: Tensor) -> int:  # noqa: ARG002 - said by the spec
        """The slopes."""
        return self.num_parameters


@kind
class RReLU(Activation):
    """A leaky ReLU whose slope is drawn from [lower, upper] in training."""

    type: Literal["RReLU"]
    lower: float = 1 / 8
    upper: float = 1 / 3

    @model_validator(mode="after")
    def ordered(self) -> "RReLU":
        """Torch draws from a range that must not be empty."""
        if self.lower > self.upper:
            raise PydanticCustomError(
                "range", "lower {lower} is above upper {upper}", {"lower": self.lower, "upper": self.upper}
            )
        return self


@kind
class ELU(Activation):
    """x where positive, else alpha · (exp(x) - 1)."""

    type: Literal["ELU"]
    alpha: float = 1.0


@kind
class CELU(Activation):
    """max(0, x) + min(0, alpha · (exp(x / alpha) - 1))."""

    type: Literal["CELU"]
    alpha: PositiveFloat = 1.0


@kind
class GELU(Activation):
    """x · Φ(x), exactly or by tanh."""

    type: Literal["GELU"]
    approximate: Literal["none", "tanh"] = "none"


@kind
class Softplus(Activation):
    """log(1 + exp(beta · x)) / beta, linear where beta · x is above `threshold`."""

    type: Literal["Softplus"]
    beta: PositiveFloat = 1.0
    threshold: float = 20.0


@kind
class Hardtanh(Activation):
    """x clamped to [min_val, max_val]."""

    type: Literal["Hardtanh"]
    min_val: float = -1.0
    max_val: float = 1.0

    @model_validator(mode="after")
    def ordered(self) -> "Hardtanh":
        """Torch refuses an empty range."""
        if self.min_val >= self.max_val:
            raise PydanticCustomError("range", "min_val must be below max_val")
        return self


@kind
class Shrink(Activation):
    """Zero in [-lambd, lambd]."""

    type: Literal["Hardshrink"]
    lambd: float = 0.5


@kind
class Softshrink(Activation):
    """Zero in [-lambd, lambd], shifted outside of it so that it has no jump."""

    type: Literal["Softshrink"]
    lambd: float = 0.5

    @model_validator(mode="after")
    def positive(self) -> "Softshrink":
        """Torch refuses a negative one."""
        if self.lambd < 0:
            raise PydanticCustomError("range", "lambd must not be negative")
        return self


@kind
class Threshold(Activation):
    """x where it is above `threshold`, else `value`."""

    type: Literal["Threshold"]
    threshold: float
    value: float


@kind
class Sine(Activation):
    """sin(w0 · x), the activation of SIREN networks; torch has none."""

    type: Literal["Sine"]
    w0: float = 30.0


@kind
class Softmax(Activation):
    """Softmax, Softmin or the logarithm of softmax along one dimension; 0 is the batch."""

    type: Literal["Softmax", "Softmin", "LogSoftmax"]
    dim: int = -1

    def output(self, *inputs: Tensor) -> Tensor:
        """The input's shape."""
        x = super().output(*inputs)
        axis(self.type, self.dim, x)
        return x

    def multiply_adds(self, *inputs: Tensor) -> int:
        """About three per number."""
        return 3 * super().multiply_adds(*inputs)


@kind
class GLU(Activation):
    """a · σ(b) of the two halves of one dimension; 0 is the batch."""

    type: Literal["GLU"]
    dim: int = -1

    def output(self, *inputs: Tensor) -> Tensor:
        """The input with that dimension halved."""
        (x,) = inputs
        require_float(self.type, x)
        halved = axis(self.type, self.dim, x)
        size = x.shape[halved]
        if size % 2:
            raise ShapeError(
                f"GLU halves dimension {self.dim}, but its size of {size} is odd",
                hint=f"make it {size + 1}",
                argument="dim",
            )
        return Tensor(shape=(*x.shape[:halved], size // 2, *x.shape[halved + 1 :]))

    def multiply_adds(self, *inputs: Tensor) -> int:
        """One per output."""
        return numbers(self.output(*inputs))
