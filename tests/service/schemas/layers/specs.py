"""Short ways to write a layer and what flows into it."""

from service.schemas.layers.base import LayerSpec
from service.schemas.layers.registry import kinds, operation_types
from service.schemas.plan import Tensor


def spec(written_type: str, /, **arguments: object) -> LayerSpec:
    """A layer as a client writes it."""
    key = "op" if written_type in operation_types() else "type"
    return kinds()[written_type].model_validate({key: written_type, **arguments})


def floats(*shape: int) -> Tensor:
    return Tensor(shape=shape)


def integers(*shape: int, vocab: int | None = 10) -> Tensor:
    return Tensor(shape=shape, dtype="int", vocab=vocab)
