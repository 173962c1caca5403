"""Initial values by rule: which layers a rule speaks of, and torch.nn.init's schemes with their arguments."""

from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import BeforeValidator, Field, NonNegativeFloat, PositiveInt, model_validator
from pydantic_core import PydanticCustomError

from service.schemas.base import Input

Nonlinearity = Literal["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]


class Scheme(Input):
    """A function of torch.nn.init: `scheme` is its name without the underscore, the rest its arguments."""

    dimensions: ClassVar[tuple[int, int]] = (1, 8)
    """Fewest and most dimensions of the tensors that it can fill."""

    scheme: str

    @property
    def function(self) -> str:
        """The function of torch.nn.init, without the underscore, that draws the values."""
        return self.scheme

    def arguments(self) -> dict[str, float | int | str]:
        """Keyword arguments of the function `torch.nn.init.<scheme>_`."""
        return self.model_dump(exclude={"scheme"})

    def fits(self, dimensions: int) -> bool:
        """Whether it can fill a tensor of that many dimensions."""
        fewest, most = self.dimensions
        return fewest <= dimensions <= most


class Ranged(Scheme):
    """Values from [a, b]."""

    a: float
    b: float

    @model_validator(mode="after")
    def ordered(self) -> Self:
        """An empty range has no values."""
        if self.a >= self.b:
            raise PydanticCustomError("range", "a must be below b")
        return self


class Uniform(Ranged):
    """From [a, b]."""

    scheme: Literal["uniform"]
    a: float = 0.0
    b: float = 1.0


class Normal(Scheme):
    """Gaussian."""

    scheme: Literal["normal"]
    mean: float = 0.0
    std: NonNegativeFloat = 1.0


class TruncatedNormal(Ranged):
    """Gaussian, redrawn outside of [a, b]."""

    scheme: Literal["trunc_normal"]
    mean: float = 0.0
    std: Annotated[float, Field(gt=0)] = 1.0
    a: float = -2.0
    b: float = 2.0


class Constant(Scheme):
    """One value everywhere."""

    scheme: Literal["constant"]
    val: float


class Filled(Scheme):
    """Ones or zeros."""

    scheme: Literal["ones", "zeros"]


class Eye(Scheme):
    """The identity matrix."""

    dimensions: ClassVar[tuple[int, int]] = (2, 2)

    scheme: Literal["eye"]


class Dirac(Scheme):
    """A convolution that passes its input on."""

    dimensions: ClassVar[tuple[int, int]] = (3, 5)

    scheme: Literal["dirac"]
    groups: PositiveInt = 1


class Xavier(Scheme):
    """Variance from fan in and fan out (Glorot)."""

    dimensions: ClassVar[tuple[int, int]] = (2, 8)

    scheme: Literal["xavier_uniform", "xavier_normal"]
    gain: float = 1.0


class Kaiming(Scheme):
    """Variance from fan in or fan out, for a rectifier by default (He)."""

    dimensions: ClassVar[tuple[int, int]] = (2, 8)

    scheme: Literal["kaiming_uniform", "kaiming_normal"]
    a: float = 0.0
    mode: Literal["fan_in", "fan_out"] = "fan_in"
    nonlinearity: Nonlinearity = "leaky_relu"


class Orthogonal(Scheme):
    """Orthogonal rows or columns."""

    dimensions: ClassVar[tuple[int, int]] = (2, 8)

    scheme: Literal["orthogonal"]
    gain: float = 1.0


class Lsuv(Scheme):
    """Orthogonal, then scaled layer by layer until each gives a variance of one on the first batch."""

    dimensions: ClassVar[tuple[int, int]] = (2, 8)

    scheme: Literal["lsuv"]

    @property
    def function(self) -> str:
        """What it begins with, before it has seen data."""
        return "orthogonal"


class Sparse(Scheme):
    """Gaussian, with a share of each column set to zero."""

    dimensions: ClassVar[tuple[int, int]] = (2, 2)

    scheme: Literal["sparse"]
    sparsity: Annotated[float, Field(ge=0, le=1)]
    std: NonNegativeFloat = 0.01


def spell_out(value: object) -> object:
    """A bare string is a scheme without arguments."""
    return {"scheme": value} if isinstance(value, str) else value


_Vectors = Uniform | Normal | TruncatedNormal | Constant | Filled
_Matrices = _Vectors | Eye | Dirac | Xavier | Kaiming | Orthogonal | Lsuv | Sparse
AnyScheme = Annotated[
    Annotated[_Matrices, Field(discriminator="scheme")],
    BeforeValidator(
        spell_out, json_schema_input_type=Annotated[_Matrices, Field(discriminator="scheme")] | str
    ),
]
"""Of a weight."""
VectorScheme = Annotated[
    Annotated[_Vectors, Field(discriminator="scheme")],
    BeforeValidator(
        spell_out, json_schema_input_type=Annotated[_Vectors, Field(discriminator="scheme")] | str
    ),
]
"""Of a bias: it has one dimension, so it has no fan."""


class InitRule(Input):
    """How the layers that it matches begin; of several rules the later one wins, tensor by tensor."""

    match: Annotated[str, Field(min_length=1, max_length=200)] = "*"
    """Glob on layer names; `*` crosses dots. `*` alone leaves the gains of normalisation layers as they are."""
    layer: str | tuple[str, ...] | None = None
    """Layer types that it is for; all that have the tensor where it is left out."""
    weight: AnyScheme | None = None
    bias: VectorScheme | None = None
    recurrent: AnyScheme | None = None
    """Of the weights between time steps, of recurrent layers."""

    @model_validator(mode="after")
    def says_something(self) -> Self:
        """A rule without a scheme is a mistake."""
        if self.weight is None and self.bias is None and self.recurrent is None:
            raise PydanticCustomError("rule", "the rule needs a scheme for weight, bias or recurrent")
        return self

    @property
    def types(self) -> tuple[str, ...] | None:
        """The layer types that it names, or None for all."""
        return (self.layer,) if isinstance(self.layer, str) else self.layer


class Initialization(Input):
    """What rules say of one layer; None leaves a tensor as the network's defaults make it."""

    weight: AnyScheme | None = None
    bias: VectorScheme | None = None
    recurrent: AnyScheme | None = None


def scheme_names() -> tuple[str, ...]:
    """Every scheme that can be written."""
    return tuple(
        name for scheme in get_args(_Matrices) for name in get_args(scheme.model_fields["scheme"].annotation)
    )
