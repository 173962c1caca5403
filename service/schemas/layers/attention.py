"""Attention over (time, features), alone and inside a transformer's layer."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, StrictBool

from service.schemas.layers.base import Count, LayerSpec, ShapeError
from service.schemas.layers.registry import kind
from service.schemas.layers.shapes import require_float, require_rank, written
from service.schemas.plan import Family, Tensor

Mask = Literal["none", "causal", "strict_causal", "all"]
"""What a time step cannot look at: nothing, what comes after it, itself too, or everything.

With `strict_causal` the first step sees nothing, with `all` none does: their softmax is over nothing, a NaN.
"""
Share = Annotated[float, Field(ge=0, le=1)]


class Attention(LayerSpec):
    """What all layers with attention have in common."""

    family: ClassVar[Family] = "attention"
    weight_dimensions: ClassVar[int] = 2

    mask: Mask = "none"

    def embedding(self, x: Tensor, heads: int, argument: str) -> int:
        """Size of the last axis, which heads divide among them."""
        self.require_sequence(x)
        size = x.shape[-1]
        if size % heads:
            near = max(divisor for divisor in range(1, heads + 1) if size % divisor == 0)
            raise ShapeError(
                f"{size} features cannot be divided among {heads} heads",
                hint=f"use {argument} {near} or another that divides {size}",
                argument=argument,
            )
        return size

    def require_sequence(self, x: Tensor) -> None:
        """Refuse what is not (time, features)."""
        require_float(self.type, x)
        require_rank(self.type, x, fewest=2, most=2, layout="(time, features)")


@kind
class MultiheadAttention(Attention):
    """Queries look at keys and take values: of one input, of (query, memory), or of (query, key, value)."""

    arity: ClassVar[tuple[int, int]] = (1, 3)

    type: Literal["MultiheadAttention"]
    num_heads: Annotated[int, Field(ge=1, le=4096)]
    dropout: Share = 0.0
    bias: StrictBool = True

    def roles(self, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Query, key and value."""
        query, key, value = inputs[0], inputs[min(1, len(inputs) - 1)], inputs[-1]
        return query, key, value

    def output(self, *inputs: Tensor) -> Tensor:
        """As many steps and features as the query."""
        query, key, value = self.roles(*inputs)
        self.embedding(query, self.num_heads, "num_heads")
        for x in (key, value):
            self.require_sequence(x)
        if key.shape[0] != value.shape[0]:
            raise ShapeError(
                f"keys {written(key.shape)} and values {written(value.shape)} need equally many time steps",
                argument="from",
            )
        return Tensor(shape=query.shape)

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """Torch's arguments, and `mask`."""
        query, key, value = self.roles(*inputs)
        return {
            "embed_dim": query.shape[-1],
            "num_heads": self.num_heads,
            "dropout": self.dropout,
            "bias": self.bias,
            "kdim": key.shape[-1],
            "vdim": value.shape[-1],
            "mask": self.mask,
        }

    def parameters(self, *inputs: Tensor) -> int:
        """Projections of query, key and value, and of the output."""
        size, *others = (x.shape[-1] for x in self.roles(*inputs))
        return size * (2 * size + sum(others)) + 4 * size * self.bias

    def multiply_adds(self, *inputs: Tensor) -> int:
        """Four projections, the scores and the sums that they weigh."""
        query, key, value = self.roles(*inputs)
        (times, size), (memory, _) = query.shape, key.shape
        projections = 2 * times * size + memory * (key.shape[-1] + value.shape[-1])
        return size * (projections + 2 * times * memory)


@kind
class SelfAttention(MultiheadAttention):
    """Every step looks at every step of the same sequence."""

    arity: ClassVar[tuple[int, int]] = (1, 1)

    type: Literal["SelfAttention"]  # type: ignore[assignment]

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """Torch's arguments of MultiheadAttention, and `mask`."""
        return {
            name: value for name, value in super().arguments(*inputs).items() if name not in {"kdim", "vdim"}
        }


@kind
class TransformerEncoderLayer(Attention):
    """Self-attention and two linear maps, each with a residual and a norm after it, or before it."""

    type: Literal["TransformerEncoderLayer"]
    nhead: Annotated[int, Field(ge=1, le=4096)]
    dim_feedforward: Count = 2048
    dropout: Share = 0.1
    activation: Literal["relu", "gelu"] = "relu"
    layer_norm_eps: NonNegativeFloat = 1e-5
    norm_first: StrictBool = False
    """Pre-norm, where gradients pass the norms by."""
    bias: StrictBool = True

    @property
    def inner_activation(self) -> str:
        """Between the two linear maps."""
        return {"relu": "ReLU", "gelu": "GELU"}[self.activation]

    def output(self, *inputs: Tensor) -> Tensor:
        """The input's shape."""
        (x,) = inputs
        self.embedding(x, self.nhead, "nhead")
        return Tensor(shape=x.shape)

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """Torch's arguments, and `mask`."""
        (x,) = inputs
        own = type(self).model_fields.keys() - LayerSpec.model_fields.keys()
        return {"d_model": x.shape[-1], **{name: getattr(self, name) for name in sorted(own)}}

    def parameters(self, *inputs: Tensor) -> int:
        """Attention, two linear maps and two norms."""
        (x,) = inputs
        size, inner = x.shape[-1], self.dim_feedforward
        biases = 4 * size + inner + size + 2 * size
        return 4 * size * size + 2 * size * inner + 2 * size + self.bias * biases

    def multiply_adds(self, *inputs: Tensor) -> int:
        """Attention and two linear maps."""
        (x,) = inputs
        times, size = x.shape
        return times * size * (4 * size + 2 * times + 2 * self.dim_feedforward)
