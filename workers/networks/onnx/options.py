"""What a client may say of a file beside the file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
    batch: int | None = None
    """Batch that the client means to train with, where the file leaves it open: tried, and one more."""
    limits: OnnxLimits = field(default_factory=OnnxLimits)
    network: str = "main"
    """Name of the network that the layers are said to belong to."""
