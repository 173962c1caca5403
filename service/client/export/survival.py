"""Whether the file holds what the module trains with: parameters by name, tied weights, batch norm, dropout."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import onnx
import torch
from torch import Tensor, nn

from service.client.export.survey import Survey


@dataclass(frozen=True)
class Survival:
    """The file held against the module."""

    names: dict[str, str]
    """Name in the file of each parameter, by every name that the module has for it."""
    missing: tuple[str, ...]
    """What a parameter lost, one sentence each: the file is another network."""
    lost: tuple[str, ...]
    """What else was lost, one sentence each."""


def survival(model: onnx.ModelProto, module: nn.Module, surveyed: Survey) -> Survival:
    """Compare names, shapes and counts; values are put right by `restore_numbers`."""
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    parameters = dict(module.named_parameters(remove_duplicate=False))
    names: dict[str, str] = {}
    missing: list[str] = []
    for aliases in surveyed.aliases:
        there = [name for name in aliases if shapes.get(name) == tuple(parameters[aliases[0]].shape)]
        names.update({alias: there[0] for alias in aliases if there})
        if not there:
            missing.append(f"the parameter `{aliases[0]}` is not in the file")
        elif len(there) > 1:
            missing.append(f"the tied weights {' and '.join(f'`{name}`' for name in there)} were torn apart")
    return Survival(names, tuple(missing), tuple(_lost(model, surveyed)))


def _lost(model: onnx.ModelProto, surveyed: Survey) -> Iterator[str]:
    nodes = list(nodes_of(model))
    normalizations = sum(node.op_type == "BatchNormalization" for node in nodes)
    dropouts = sum(node.op_type == "Dropout" for node in nodes)
    if normalizations < surveyed.normalizations:
        yield f"{surveyed.normalizations - normalizations} of {surveyed.normalizations} batch normalizations"
    if dropouts < surveyed.dropouts:
        yield f"{surveyed.dropouts - dropouts} of {surveyed.dropouts} dropouts"


def nodes_of(model: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    """All nodes, those of functions and of branches too."""
    waiting: list[Sequence[onnx.NodeProto]] = [model.graph.node, *(each.node for each in model.functions)]
    while waiting:
        for node in waiting.pop():
            yield node
            waiting.extend(attribute.g.node for attribute in node.attribute if attribute.HasField("g"))


def restore_numbers(model: onnx.ModelProto, module: nn.Module) -> None:
    """Write the module's own numbers over those that tracing has moved (running statistics)."""
    state = {**dict(module.named_parameters(remove_duplicate=False)), **dict(module.named_buffers())}
    for tensor in model.graph.initializer:
        own = state.get(tensor.name)
        if own is not None and tuple(own.shape) == tuple(tensor.dims) and tensor.HasField("raw_data"):
            numbers = _bytes(own)
            if len(numbers) == len(tensor.raw_data):
                tensor.raw_data = numbers


def _bytes(tensor: Tensor) -> bytes:
    flat = tensor.detach().to("cpu").contiguous().reshape(-1)
    return bytes(flat.view(torch.uint8).numpy().tobytes())
