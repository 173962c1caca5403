"""Embeddings: of integers, and of places in a sequence."""

from typing import ClassVar, Literal

from pydantic import PositiveFloat, StrictBool

from service.schemas.layers.base import Count, LayerSpec, ShapeError
from service.schemas.layers.registry import kind
from service.schemas.layers.shapes import numbers, require_float, require_rank
from service.schemas.plan import Family, Tensor


@kind
class Embedding(LayerSpec):
    """A learned vector for each integer."""

    family: ClassVar[Family] = "embedding"
    weight_dimensions: ClassVar[int] = 2

    type: Literal["Embedding"]
    num_embeddings: Count | None = None
    """How many different integers there are: the input's `vocab` where it is left out."""
    embedding_dim: Count
    padding_idx: int | None = None
    """The integer whose vector is zero and stays it."""
    max_norm: PositiveFloat | None = None
    norm_type: PositiveFloat = 2.0
    scale_grad_by_freq: StrictBool = False

    def output(self, *inputs: Tensor) -> Tensor:
        """The input with a last axis of `embedding_dim`."""
        (x,) = inputs
        if x.dtype != "int":
            raise ShapeError(
                "Embedding takes integers, but its input holds floats",
                hint="write `dtype: int` and `vocab` at the network's input",
            )
        known = self.known(x)
        if x.vocab is not None and known < x.vocab:
            raise ShapeError(
                f"{known} embeddings are too few for a vocab of {x.vocab}",
                hint=f"use num_embeddings >= {x.vocab}, or leave it out",
                argument="num_embeddings",
            )
        if self.padding_idx is not None and not -known <= self.padding_idx < known:
            raise ShapeError(
                f"padding_idx {self.padding_idx} is not one of {known} embeddings", argument="padding_idx"
            )
        return Tensor(shape=(*x.shape, self.embedding_dim))

    def known(self, x: Tensor) -> int:
        """How many integers have a vector."""
        if self.num_embeddings is None and x.vocab is None:
            raise ShapeError("Embedding needs num_embeddings", hint="or write `vocab` at the network's input")
        return self.num_embeddings or x.vocab or 0

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """Torch's arguments."""
        (x,) = inputs
        return {
            "num_embeddings": self.known(x),
            "embedding_dim": self.embedding_dim,
            "padding_idx": self.padding_idx,
            "max_norm": self.max_norm,
            "norm_type": self.norm_type,
            "scale_grad_by_freq": self.scale_grad_by_freq,
        }

    def parameters(self, *inputs: Tensor) -> int:
        """A vector for each integer."""
        (x,) = inputs
        return self.known(x) * self.embedding_dim

    def multiply_adds(self, *inputs: Tensor) -> int:
        """None, but every number is copied."""
        (x,) = inputs
        return numbers(x) * self.embedding_dim


@kind
class PositionalEmbedding(LayerSpec):
    """Adds a learned vector for each place to (time, features); torch has none."""

    family: ClassVar[Family] = "embedding"
    weight_dimensions: ClassVar[int] = 2

    type: Literal["PositionalEmbedding"]
    max_length: Count | None = None
    """Places that have a vector: the input's time steps where it is left out."""

    def output(self, *inputs: Tensor) -> Tensor:
        """The input's shape."""
        (x,) = inputs
        require_float(self.type, x)
        require_rank(self.type, x, fewest=2, most=2, layout="(time, features)")
        if self.length(x) < x.shape[0]:
            raise ShapeError(
                f"{self.max_length} places are too few for {x.shape[0]} time steps",
                hint=f"use max_length >= {x.shape[0]}, or leave it out",
                argument="max_length",
            )
        return Tensor(shape=x.shape)

    def length(self, x: Tensor) -> int:
        """How many places have a vector."""
        return self.max_length or x.shape[0]

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """Sizes of the table."""
        (x,) = inputs
        return {"max_length": self.length(x), "features": x.shape[-1]}

    def parameters(self, *inputs: Tensor) -> int:
        """A vector for each place."""
        (x,) = inputs
        return self.length(x) * x.shape[-1]

    def multiply_adds(self, *inputs: Tensor) -> int:
        """One per number."""
        (x,) = inputs
        return numbers(x)
