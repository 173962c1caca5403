"""Networks in files, made by hand."""

from itertools import pairwise

import onnx

from tests.workers.networks.onnx.files import model, tensor


def deep(layers: int = 60, width: int = 64) -> bytes:
    """A deep narrow network on iris: so many layers that it takes a moment to open."""
    nodes, weights = [], []
    widths = [4, *[width] * layers, 3]
    for place, (before, after) in enumerate(pairwise(widths)):
        name = f"h.{place}"
        weights += [tensor(f"{name}.weight", before, after, seed=place), tensor(f"{name}.bias", after)]
        value = f"a{place - 1}" if place else "x"
        nodes.append(onnx.helper.make_node("Gemm", [value, f"{name}.weight", f"{name}.bias"], [f"z{place}"]))
        nodes.append(onnx.helper.make_node("Tanh", [f"z{place}"], [f"a{place}"]))
    return model(
        [*nodes[:-1], onnx.helper.make_node("Identity", [f"z{layers}"], ["y"])], weights
    ).SerializeToString()
