"""Questions that layer kinds ask of what flows into them, each with its refusal in words."""

from math import prod

from service.schemas.layers.base import ShapeError
from service.schemas.plan import Tensor


def numbers(tensor: Tensor) -> int:
    """How many numbers one example holds."""
    return prod(tensor.shape)


def written(shape: tuple[int, ...]) -> str:
    """A shape as a person writes it."""
    return " x ".join(map(str, shape)) if shape else "a single number"


def require_float(kind: str, tensor: Tensor) -> None:
    """Refuse integers: only an Embedding takes them."""
    if tensor.dtype != "float":
        raise ShapeError(
            f"{kind} takes floats, but its input holds integers",
            hint="put an Embedding before it, or write `dtype: float` at the network's input",
        )


def require_rank(kind: str, tensor: Tensor, *, fewest: int, most: int | None, layout: str) -> None:
    """Refuse an input with another number of axes (the batch is not counted)."""
    rank = len(tensor.shape)
    if rank < fewest or (most is not None and rank > most):
        raise ShapeError(
            f"{kind} takes an input of {layout} (without the batch), but it is {written(tensor.shape)}",
            hint="use Flatten, Unflatten, Reshape or Permute before it, or another layer type",
        )


def axis(kind: str, dim: int, tensor: Tensor, *, argument: str = "dim") -> int:
    """Index into the shape of a dimension counted as torch does, where 0 is the batch; refuses the batch."""
    rank = len(tensor.shape) + 1
    if not -rank <= dim < rank:
        raise ShapeError(
            f"{kind} has {argument} {dim}, but with the batch its input has {rank} dimensions",
            hint=f"use a {argument} from 1 to {rank - 1}; the batch is 0",
            argument=argument,
        )
    if dim % rank == 0:
        raise ShapeError(
            f"{argument} {dim} is the batch: examples would flow into one another",
            hint=f"use a {argument} from 1 to {rank - 1}" if rank > 1 else None,
            argument=argument,
        )
    return dim % rank - 1
