"""What a client may say of a file beside the file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from service.schemas.edits import Edit
from workers.networks.onnx.limits import OnnxLimits
from workers.networks.onnx.roles import Overrides


@dataclass(frozen=True)
class Options:
    """How to take a file; the defaults take it as it is."""

    outputs: Sequence[str] = ()
    """Names of the outputs that are wanted; all where empty."""
    overrides: Overrides = field(default_factory=Overrides)
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Sizes for the trial run of what the file leaves open, by the name that the file gives them."""
    shape: Sequence[int] | None = None
    """Shape of one example of the data, for sizes that the file leaves open and nobody names."""
    batch: int | None = None
    """Batch that the client means to train with, where the file leaves it open."""
    input: str | None = None
    """Input that the data go to, where `fill` is given; the first that it does not name where left out."""
    fill: Mapping[str, float] | None = None
    """A number for each other input: the network then takes the data alone. None: it takes all inputs."""
    vocab: int | None = None
    """How many different integers flow in; read from the embedding that they enter where left out."""
    edits: Sequence[Edit] = ()
    """Changes of the graph before it is built."""
    limits: OnnxLimits = field(default_factory=OnnxLimits)
    network: str = "main"
    """Name of the network that the layers are said to belong to."""
