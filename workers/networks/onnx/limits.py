"""What one file may ask for: checked on the parsed message, before anything is allocated."""

from dataclasses import dataclass

from workers.networks.onnx.refusal import RefusedNetwork

OLDEST_OPSET = 7


@dataclass(frozen=True)
class OnnxLimits:
    """Upper bounds of one file; each refusal names the bound that it hit."""

    file_bytes: int = 1_000_000_000
    nodes: int = 20_000
    """After model-local functions are expanded."""
    initializers: int = 20_000
    subgraph_depth: int = 4
    function_depth: int = 16
    name_length: int = 2_000
    """Characters of a name of a value, node, function or operator."""
    metadata_length: int = 200_000
    """Characters of all metadata of one node."""
    dimensions: int = 16
    """Of one tensor."""
    constant_bytes: int = 2_000_000_000
    """Of all initializers and constants together, as declared."""
    folded_bytes: int = 500_000_000
    """Of all values that are computed from constants alone."""
    values: int = 200_000_000
    """Numbers in one tensor that an operator makes."""
    activations: int = 1_000_000_000
    """Numbers in all tensors together that one forward with the training's batch makes."""


def room(limit: int, *sizes: int) -> None:
    """Refuse a tensor of these sizes where it has more numbers than the limit; costs no memory."""
    count = 1
    for size in sizes:
        count *= int(size)
        if size < 0:
            raise RefusedNetwork(f"a tensor cannot have the size {size}")
    if count > limit:
        raise RefusedNetwork(f"makes a tensor of {count:.3g} numbers; the limit is {limit}")
