"""Networks from ONNX files: what a client says beside the file, and what the file turned out to hold."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from service.schemas.base import Digest, Input, Output
from service.schemas.edits import Edit, Pattern, Word
from service.schemas.initialization import InitRule
from service.schemas.plan import Layer, Shape, Tensor

ValueName = Annotated[str, Field(min_length=1, max_length=500, pattern=Word)]
Patterns = Annotated[tuple[Pattern, ...], Field(max_length=256)]


class OnnxSpec(Input):
    """A network from an uploaded file, and how it is to be taken."""

    onnx: Digest
    """Digest of the file, as `PUT /v1/networks/{digest}` took it."""
    input: ValueName | None = None
    """Input that the data go to; the only one, or the first that `fill` does not name, where it is left out."""
    output: ValueName | None = None
    """Output that the loss sees; the first where it is left out."""
    fill: dict[ValueName, float] = Field(default_factory=dict, max_length=64)
    """The other inputs: a number for each, in the dtype and shape that the file declares."""
    sizes: dict[ValueName, Annotated[PositiveInt, Field(le=1_000_000)]] = Field(
        default_factory=dict, max_length=64
    )
    """Sizes that the file leaves open, by its names for them; the batch is none of them."""
    vocab: Annotated[PositiveInt, Field(le=1_000_000)] | None = None
    """How many different integers the input takes; read from the embedding that it enters where left out."""
    weights: Literal["as-given", "reinitialize"] = "as-given"
    """Whether training starts from the file's weights or from fresh ones, seed by seed."""
    init: Annotated[tuple[InitRule, ...], Field(max_length=256)] = ()
    """How layers begin; what a rule matches is initialised afresh, whatever `weights` says."""
    train: Patterns = ()
    """Globs on names of parameters: only these are trained; all where it is empty."""
    freeze: Patterns = ()
    """Globs on names of parameters that are not trained; wins over `train`."""
    edits: Annotated[tuple[Edit, ...], Field(max_length=1000)] = ()
    """Changes of the graph, applied in order before it is built."""


class NamedShape(Output):
    """A tensor of the file by its name there."""

    name: str
    shape: Shape


class ImportReport(Output):
    """What an uploaded file turned out to hold, and what its export took from the network."""

    input: NamedShape
    """Where the data enter, without the batch."""
    output: NamedShape
    """What the loss sees, without the batch."""
    opset: int
    producer: str
    """Program that wrote the file, with its version where it says so."""
    parameters: tuple[NamedShape, ...] = ()
    """What can be trained: one for each weight of the file, shared ones once."""
    frozen: tuple[str, ...] = ()
    """Names of those parameters that are not trained, as `train` and `freeze` say."""
    constants: tuple[NamedShape, ...] = ()
    """Tensors that are no parameters: masks, epsilons, tables."""
    unused: tuple[str, ...] = ()
    """Tensors that the output does not need."""
    lost: tuple[str, ...] = ()
    """What the export took from the network, one sentence each."""
    batch: int | None = None
    """The only batch size that the file works with; null where it works with any."""


class Imported(Output):
    """What validating a file gives: all that is needed to go on with its diagnosis."""

    layers: tuple[Layer, ...]
    input: Tensor
    output_depth: int
    """Depth whose output the loss sees."""
    report: ImportReport
    planned_steps: int
    run_steps: int
    examples: int
    cost: float
    """Multiply-adds of all runs together, an estimate."""


class NetworkFile(Output):
    """A file that was uploaded; what it holds is found out when it is submitted."""

    digest: Digest
    bytes: int
