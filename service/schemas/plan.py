"""A network expanded: the numbered, named layers in order of execution that everything else speaks of."""

from typing import Literal

from service.schemas.base import Output

Dtype = Literal["float", "int"]
Shape = tuple[int, ...]

Family = Literal[
    "linear", "convolution", "activation", "normalization", "recurrent", "attention", "embedding",
    "pooling", "dropout", "shape", "operation",
]  # fmt: skip


class Tensor(Output):
    """Shape (without the batch) and dtype of a value that flows between layers."""

    shape: Shape
    dtype: Dtype = "float"
    vocab: int | None = None
    """How many different integers there are, where it holds integers."""


class Layer(Output):
    """A numbered, named place in the network, in order of execution."""

    depth: int
    """Counts from 0 over all networks of the submission."""
    network: str
    """Name of the network that it belongs to; `main` where there is only one."""
    name: str
    """Unique path, e.g. `h.3.linear`."""
    type: str
    """torch.nn class name, or the name of an operation (`add`, `mul`, `concat`, `matmul`, `mean`)."""
    family: Family
    inputs: tuple[int, ...]
    """Depths of the layers whose outputs it takes; -1 is the network's input."""
    output: Tensor
    parameters: int
    """Trainable numbers; a weight shared with an earlier layer counts there."""
    multiply_adds: int
    """Of one example, forward."""
    pointer: str
    """JSON pointer to its place in the submission."""
    activation: str | None = None
    """Type of the activation applied inside the layer (recurrent and transformer layers)."""
    source: str | None = None
    """`path:line` in the user's repository, where an uploaded file carries it."""
