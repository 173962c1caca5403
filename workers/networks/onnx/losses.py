"""What an export has taken from the network: folded layers, missing dropout, weights torn apart."""

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256

import torch
from torch import Tensor

from workers.networks.onnx.graph import Graph
from workers.networks.onnx.names import is_dotted
from workers.networks.onnx.refusal import shown

_RULE = "pkg.onnxscript.rewriter.rule_name"
_BATCH_NORM = re.compile(r"batch_?norm", re.IGNORECASE)
_LARGE = 64


def losses_of(graph: Graph, parameters: frozenset[str]) -> tuple[str, ...]:
    """One sentence for each loss that shows in the file; empty where nothing shows."""
    found = [
        *_folded(graph),
        *_random(graph),
        *_dropped(graph),
        *_unbiased(graph, parameters),
        *_untied(graph, parameters),
        *_anonymous(graph, parameters),
    ]
    return tuple(found)


def _folded(graph: Graph) -> Iterator[str]:
    fused = sum("FuseBatchNorm" in node.metadata.get(_RULE, "") for node in graph.nodes)
    operators = {node.operator for node in graph.nodes}
    nameless = [
        node
        for node in graph.nodes
        if node.operator in {"Conv", "ConvTranspose"}
        and node.inputs[1] in graph.initializers
        and not is_dotted(node.inputs[1])
    ]
    scaled = sum(bool(_BATCH_NORM.search(name)) for name in graph.initializers)
    if graph.producer.startswith("tf2onnx") and scaled and "BatchNormalization" not in operators:
        yield "Batch normalization became multiplications and additions: tf2onnx writes networks for inference."
    elif fused or (nameless and graph.producer == "pytorch" and "BatchNormalization" not in operators):
        count = fused or len(nameless)
        places = "a convolution" if count == 1 else f"{count} convolutions"
        yield f"Batch normalization was folded into {places}: exported for inference."


def _dropped(graph: Graph) -> Iterator[str]:
    """A guess, and none where the client knows that the network has no dropout either."""
    told = graph.producer == "pytorch" or graph.producer.startswith("tf2onnx")
    if told and not graph.whole and not any(node.operator == "Dropout" for node in graph.nodes):
        yield "There is no dropout in the file: if the network has it, it was exported for inference."


def _unbiased(graph: Graph, parameters: frozenset[str]) -> Iterator[str]:
    """tf2onnx takes out what adds zero, and that is how every bias of Keras begins."""
    if not graph.producer.startswith("tf2onnx"):
        return
    biased = {"Gemm", "Conv", "ConvTranspose"}
    vectors = sum(len(node.inputs) > 2 for node in graph.nodes if node.operator in biased)
    added = sum(
        name in parameters and graph.initializers[name].dim() == 1
        for node in graph.nodes
        if node.operator == "Add"
        for name in node.inputs
    )
    if not vectors and not added:
        yield "No layer has a bias: tf2onnx takes out biases that are still zero, so train a step before the export."


def _random(graph: Graph) -> Iterator[str]:
    count = sum(
        node.operator in {"RandomUniformLike", "RandomNormalLike", "Bernoulli"} for node in graph.nodes
    )
    if count:
        places = "a node" if count == 1 else f"{count} nodes"
        yield f"Random numbers are drawn at {places} in inference too (Dropout2d is exported so)."


def _untied(graph: Graph, parameters: frozenset[str]) -> Iterator[str]:
    """Copies under an exporter's own name; layers that start out as copies of each other keep theirs."""
    groups: dict[bytes, list[str]] = {}
    for name in sorted(parameters):
        value = graph.initializers[name]
        if value.numel() >= _LARGE and _varied(value):
            turned = value.t() if value.dim() == 2 else value
            groups.setdefault(min(_digest(value), _digest(turned)), []).append(name)
    for names in groups.values():
        if len(names) > 1 and not all(name in graph.origins or is_dotted(name) for name in names):
            first = shown(names[0], 100)
            yield f"{len(names)} parameters hold the same numbers, tied weights were torn apart: {first} and others."


def _digest(value: Tensor) -> bytes:
    numbers = value.contiguous().reshape(-1).view(torch.uint8).numpy()
    return sha256(repr(tuple(value.shape)).encode() + numbers.tobytes()).digest()


def _varied(value: Tensor) -> bool:
    flat = value.reshape(-1)
    return bool((flat != flat[0]).any())


def _anonymous(graph: Graph, parameters: frozenset[str]) -> Iterator[str]:
    if graph.producer != "pytorch":
        return
    nameless = [name for name in parameters if name not in graph.origins and not is_dotted(name)]
    count = sum(graph.initializers[name].dim() > 1 for name in nameless)
    if count == 1:
        yield "A parameter has lost its name: a weight was computed anew in the export."
    elif count:
        yield f"{count} parameters have lost their names: weights were computed anew in the export."


def sizes_of(graph: Graph, names: frozenset[str]) -> Mapping[str, tuple[int, ...]]:
    """Shapes of initializers by name, in the order of the file."""
    return {name: tuple(value.shape) for name, value in graph.initializers.items() if name in names}
