"""What every layer kind says of itself: torch's arguments, and pure arithmetic on shapes."""

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from service.schemas.base import Input
from service.schemas.plan import Family, Tensor

Count = Annotated[int, Field(ge=1, le=1_000_000)]
"""A size that is allocated: bounded so that no product of a few of them is beyond reason."""

Name = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")]
"""One element of a layer's path; `input` always means what flows into the body it stands in."""

Reference = Annotated[str, Field(min_length=1, max_length=500)]
"""Name of an earlier layer, of its own body or one around it; a dotted path reaches into a repeat."""


class ShapeError(ValueError):
    """A layer cannot take what flows into it; `argument` names the argument to change, where it is one."""

    def __init__(self, message: str, *, hint: str | None = None, argument: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        self.argument = argument


class Node(Input):
    """Anything that stands in a list of layers: it has a name and takes what earlier ones give."""

    model_config = ConfigDict(serialize_by_alias=True)

    name: Name | None = None
    """Stable path element; follows from the type where it is left out."""
    from_: Annotated[tuple[Reference, ...], Field(min_length=1, max_length=64)] | Reference | None = Field(
        default=None, alias="from"
    )
    """Names of earlier layers whose outputs it takes, or `input`; the layer before it where it is left out."""

    @field_validator("name")
    @classmethod
    def is_not_the_input(cls, name: str | None) -> str | None:
        """`input` has a meaning of its own."""
        if name == "input":
            raise PydanticCustomError("reserved", "`input` means what flows in; choose another name")
        return name

    @property
    def sources(self) -> tuple[str, ...] | None:
        """The names that it takes, or None where it takes the layer before it."""
        return (self.from_,) if isinstance(self.from_, str) else self.from_


class LayerSpec(Node):
    """One layer as a client writes it. A kind is one subclass with `type: Literal["<torch.nn class>"]`."""

    family: ClassVar[Family]
    arity: ClassVar[tuple[int, int]] = (1, 1)
    """Fewest and most inputs that it takes."""
    weight_dimensions: ClassVar[int] = 0
    """Dimensions of its weight, 0 where it has none: decides which initialisations fit."""

    type: str

    @property
    def inner_activation(self) -> str | None:
        """torch.nn class name of the activation applied inside the layer, where there is one."""
        return None

    def output(self, *inputs: Tensor) -> Tensor:
        """Shape and dtype of the output (without the batch); raises ShapeError where the inputs do not fit."""
        raise NotImplementedError

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """Keyword arguments of the class that builds it, with the sizes that follow from the inputs."""
        raise NotImplementedError

    def parameters(self, *inputs: Tensor) -> int:
        """Trainable numbers."""
        raise NotImplementedError

    def multiply_adds(self, *inputs: Tensor) -> int:
        """Of one example, forward; an estimate that orders networks by cost."""
        raise NotImplementedError
