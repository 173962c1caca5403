"""What layers have in common that keep the shape of their one input and have nothing to train."""

from service.schemas.layers.base import LayerSpec
from service.schemas.layers.shapes import numbers, require_float
from service.schemas.plan import Tensor


class Elementwise(LayerSpec):
    """Same shape out as in; all of its fields are the arguments of the torch class."""

    def output(self, *inputs: Tensor) -> Tensor:
        """The input's shape."""
        (x,) = inputs
        require_float(self.type, x)
        return x

    def arguments(self, *inputs: Tensor) -> dict[str, object]:  # noqa: ARG002 - they do not depend on it
        """Every field that the kind itself adds."""
        return {name: getattr(self, name) for name in type(self).model_fields if name not in _WRITTEN}

    def parameters(self, *inputs: Tensor) -> int:  # noqa: ARG002 - nothing to train
        """None."""
        return 0

    def multiply_adds(self, *inputs: Tensor) -> int:
        """One per number."""
        (x,) = inputs
        return numbers(x)


_WRITTEN = frozenset(LayerSpec.model_fields)
