"""The first run of a network, on made-up input: what it gives at every node, and with which batches it works."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workers.networks.onnx.assemble import Assembled, check_sizes
from workers.networks.onnx.graph import Graph, GraphInput
from workers.networks.onnx.limits import OnnxLimits, room
from workers.networks.onnx.options import Options
from workers.networks.onnx.refusal import REFUSALS, RefusedNetwork, shown
from workers.networks.onnx.registry import tensors

_FREE_BATCH = 2
_FREE_SIZE = 16
_DTYPES = {
    "float": torch.float32,
    "double": torch.float64,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "bool": torch.bool,
    **{name: getattr(torch, name) for name in ("int8", "int16", "int32", "int64", "uint8")},
}


@dataclass(frozen=True)
class Seen:
    """What one node gave."""

    shape: tuple[int, ...]
    dtype: torch.dtype


@dataclass(frozen=True)
class Trial:
    """What the first run found."""

    seen: tuple[Seen, ...]
    """First output of every step."""
    batch: int | None
    """The only batch that works; None where any does."""
    ran: int
    """Batch of the run that is described."""


def try_out(assembled: Assembled, graph: Graph, options: Options) -> Trial:
    """Run once in inference, and where the file fixes the batch once more with another; torch's seed is kept."""
    batch, asked = _batch(graph.inputs, options)
    network = assembled.network
    mode = network.training
    network.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            given = [_example(value, batch, options) for value in graph.inputs]
            seen, outputs = _run(assembled, given, options.limits)
            works = not asked or _works_with(assembled, given, outputs, options.limits)
    finally:
        network.train(mode)
    return Trial(tuple(seen), None if works else batch, batch)


def _batch(inputs: Sequence[GraphInput], options: Options) -> tuple[int, bool]:
    """The batch to try, and whether it may be the only one that works."""
    for value in inputs:
        if value.shape and isinstance(value.shape[0], int):
            return value.shape[0], True
    return (_FREE_BATCH, False) if options.batch is None else (options.batch, True)


def _example(value: GraphInput, batch: int, options: Options) -> Tensor:
    """Small noise, or zeros where whole numbers are wanted: 0 is a place in every table."""
    if value.dtype not in _DTYPES:
        raise RefusedNetwork(
            f"The input {shown(value.name)} is of type {value.dtype}, which is not supported."
        )
    sizes = [_size(size, place, batch, options.sizes) for place, size in enumerate(value.shape)]
    room(options.limits.values, *sizes)
    dtype = _DTYPES[value.dtype]
    return torch.randn(sizes).to(dtype) if dtype.is_floating_point else torch.zeros(sizes, dtype=dtype)


def _size(size: int | str | None, place: int, batch: int, sizes: Mapping[str, int]) -> int:
    if isinstance(size, int):
        return size
    if isinstance(size, str) and size in sizes:
        return sizes[size]
    return batch if place == 0 else _FREE_SIZE


def _run(
    assembled: Assembled, given: Sequence[Tensor], limits: OnnxLimits
) -> tuple[list[Seen], tuple[Tensor, ...]]:
    network, seen = assembled.network, []
    values = network.given(*given)
    try:
        for _, made in network.execute(values):
            check_sizes(limits, made)
            first = made[0][0] if isinstance(made[0], list) else made[0]
            seen.append(Seen(tuple(first.shape), first.dtype))
    except (RefusedNetwork, *REFUSALS) as error:
        node = assembled.nodes[len(seen)]
        reason = error.detail if isinstance(error, RefusedNetwork) else shown(error, 300)
        place = f"{shown(node.operator, 60)} {shown(node.name or node.outputs[0], 100)}"
        raise RefusedNetwork(f"The network does not run: {place}: {reason}") from None
    return seen, tensors(network.taken(values))


def _works_with(
    assembled: Assembled, given: Sequence[Tensor], outputs: Sequence[Tensor], limits: OnnxLimits
) -> bool:
    """Whether one more example changes nothing for the others, though the file fixes their number."""
    if any(value.dim() == 0 for value in given):
        return False
    try:
        _, longer = _run(assembled, [torch.cat([value, value[-1:]]) for value in given], limits)
    except RefusedNetwork:
        return False
    return all(_continues(short, long) for short, long in zip(outputs, longer, strict=True))


def _continues(short: Tensor, long: Tensor) -> bool:
    if short.dim() == 0 or long.shape != (short.shape[0] + 1, *short.shape[1:]):
        return False
    same = long[: len(short)]
    tolerance = 1e-3 if short.dtype.is_floating_point else 0.0
    return torch.allclose(same, short, rtol=tolerance, atol=tolerance, equal_nan=True)


def numbers(shape: Sequence[int]) -> int:
    """How many numbers a shape has."""
    return math.prod(shape)
