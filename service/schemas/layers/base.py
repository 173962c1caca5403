"""What every layer kind says of itself: torch's arguments, and pure arithmetic on shapes."""

from typing import ClassVar

from service.schemas.base import Input
from service.schemas.plan import Family, Tensor


class ShapeError(ValueError):
    """A layer cannot take what flows into it; `argument` names the argument to change, where it is one."""

    def __init__(self, message: str, *, hint: str | None = None, argument: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        self.argument = argument


class LayerSpec(Input):
    """One layer as a client writes it. A kind is one subclass with `type: Literal["<torch.nn class>"]`."""

    family: ClassVar[Family]
    arity: ClassVar[tuple[int, int]] = (1, 1)
    """Fewest and most inputs that it takes."""

    type: str
    name: str | None = None
    """Stable path element; follows from the type where it is left out."""

    def output(self, *inputs: Tensor) -> Tensor:
        """Shape and dtype of the output (without the batch); raises ShapeError where the inputs do not fit."""
        raise NotImplementedError

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """Keyword arguments of the torch class, with the sizes that follow from the inputs."""
        raise NotImplementedError

    def parameters(self, *inputs: Tensor) -> int:
        """Trainable numbers."""
        raise NotImplementedError

    def multiply_adds(self, *inputs: Tensor) -> int:
        """Of one example, forward; an estimate that orders networks by cost."""
        raise NotImplementedError
