"""With how many examples at once a network works: any number, or the one that its export has baked in."""

from collections import Counter
from dataclasses import dataclass

import torch
from torch import Tensor

from workers.networks.onnx.assemble import Assembled
from workers.networks.onnx.graph import Graph
from workers.networks.onnx.options import Options

_FREE = 2
_TRIED = 8
_LARGEST = 4_096


@dataclass(frozen=True)
class Batches:
    """The batches to try in this order, and whether the file leaves the batch open."""

    tried: tuple[int, ...]
    free: bool


def batches_of(assembled: Assembled, graph: Graph, options: Options) -> Batches:
    """What the file fixes; else the client's or a small one, then those that stand in the file's constants."""
    entry = assembled.network.entry
    for value in graph.inputs:
        if value.shape and isinstance(value.shape[0], int) and (entry is None or value.name == entry.name):
            return Batches((value.shape[0],), free=False)
    first = options.batch or _FREE
    return Batches(tuple(dict.fromkeys([first, *_baked(assembled)])), free=True)


def _baked(assembled: Assembled) -> list[int]:
    """Numbers in shapes and sizes of states that could be a batch, the most frequent first."""
    found: Counter[int] = Counter()
    for constant in assembled.network.modules():
        value = getattr(constant, "value", None)
        if not isinstance(value, Tensor):
            continue
        if value.dtype == torch.int64 and 0 < value.numel() <= 8:
            found.update({int(number) for number in value.reshape(-1).tolist()[:2]})
        elif value.dtype.is_floating_point and value.dim() in {2, 3}:
            found.update(value.shape[:2])
    return [size for size, _ in found.most_common() if 0 < size <= _LARGEST][:_TRIED]


def continues(short: Tensor, long: Tensor, shape_alone: bool) -> bool:
    """Whether an output is another with one more row; of random ones the shapes have to do."""
    if short.dim() == 0 or long.shape != (short.shape[0] + 1, *short.shape[1:]):
        return False
    same = long[: len(short)]
    tolerance = 1e-3 if short.dtype.is_floating_point else 0.0
    return shape_alone or torch.allclose(same, short, rtol=tolerance, atol=tolerance, equal_nan=True)
