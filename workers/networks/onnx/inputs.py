"""The one tensor that the data are, and what fills the other inputs of a network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workers.networks.onnx.graph import Graph, GraphInput, needed
from workers.networks.onnx.limits import room
from workers.networks.onnx.options import Options
from workers.networks.onnx.refusal import RefusedNetwork, shown

FREE_SIZE = 16
"""What stands for a size that nobody names, in the first run."""
DTYPES: dict[str, torch.dtype] = {
    "float": torch.float32,
    "double": torch.float64,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "bool": torch.bool,
    **{name: getattr(torch, name) for name in ("int8", "int16", "int32", "int64", "uint8")},
}


@dataclass(frozen=True)
class Filling:
    """An input that always holds one number; its sizes are fixed or those of the data."""

    name: str
    value: float
    dtype: torch.dtype
    sizes: tuple[int, ...]
    """A negative one, -1 - k, is the size of the data along k."""

    def beside(self, x: Tensor) -> Tensor:
        """The filling for a batch of data."""
        sizes = [size if size >= 0 else x.shape[-1 - size] for size in self.sizes]
        return torch.full(sizes, self.value, dtype=self.dtype, device=x.device)


@dataclass(frozen=True)
class Entry:
    """Where the data go in, in which type, and what goes in beside them."""

    name: str
    dtype: torch.dtype
    fillings: tuple[Filling, ...]

    def given(self, x: Tensor, dtype: torch.dtype) -> dict[str, Tensor]:
        """All inputs by name for a batch of data, which is taken in this type."""
        return {self.name: x.to(dtype)} | {filling.name: filling.beside(x) for filling in self.fillings}


def entry_of(graph: Graph, options: Options) -> Entry | None:
    """Which input takes the data; None where a client says nothing of the others and gives all of them itself."""
    if options.fill is None:
        return None
    inputs = {value.name: value for value in graph.inputs}
    for name in filter(None, (options.input, *options.fill)):
        if name not in inputs:
            there = ", ".join(shown(known, 60) for known in list(inputs)[:20])
            raise RefusedNetwork(f"There is no input {shown(name)}; the file has {there or 'none'}.")
    taken = {name for node in needed(graph.nodes, options.outputs or graph.outputs) for name in node.inputs}
    used = [value for value in graph.inputs if value.name in taken]
    free = [value for value in used if value.name not in options.fill]
    if not used:
        raise RefusedNetwork("No input reaches an output.")
    x = inputs[options.input] if options.input else (free or used)[0]
    left = [value.name for value in free if value is not x]
    if left:
        hint = ", ".join(f"{shown(name, 60)}: 1" for name in left[:20])
        raise RefusedNetwork(
            f"{len(left) + 1} inputs are without data, which go to {shown(x.name)}: fill the others, "
            f"for example with fill: {{{hint}}}."
        )
    fill = options.fill
    fillings = tuple(_filling(value, x, fill[value.name], options) for value in used if value is not x)
    return Entry(x.name, dtype_of(x), fillings)


def _filling(value: GraphInput, x: GraphInput, number: float, options: Options) -> Filling:
    sizes = tuple(_size(value, place, x, options.sizes) for place in range(len(value.shape)))
    room(options.limits.values, *(max(size, 1) for size in sizes))
    return Filling(value.name, number, dtype_of(value), sizes)


def _size(value: GraphInput, place: int, x: GraphInput, sizes: Mapping[str, int]) -> int:
    size = value.shape[place]
    if place == 0 and x.shape and (size == x.shape[0] or size is None):
        return -1
    if isinstance(size, int):
        return size
    if size is not None and size in x.shape:
        return -1 - x.shape.index(size)
    if size is not None and size in sizes:
        return sizes[size]
    if place == 0 and x.shape:
        return -1
    if place < len(x.shape) and not isinstance(x.shape[place], int):
        return -1 - place
    raise RefusedNetwork(
        f"The input {shown(value.name)} leaves its size {shown(size or place)} open: name it under sizes."
    )


def dtype_of(value: GraphInput) -> torch.dtype:
    """Torch's type for what an input declares."""
    if value.dtype not in DTYPES:
        raise RefusedNetwork(
            f"The input {shown(value.name)} is of type {value.dtype}, which is not supported."
        )
    return DTYPES[value.dtype]


def example(value: GraphInput, batch: int, options: Options) -> Tensor:
    """Small noise, or zeros where whole numbers are wanted: 0 is a place in every table."""
    dtype = dtype_of(value)
    shape = options.shape if options.shape is not None and len(options.shape) == len(value.shape) - 1 else ()
    sizes = [_guess(size, place, batch, options.sizes, shape) for place, size in enumerate(value.shape)]
    room(options.limits.values, *sizes)
    return torch.randn(sizes).to(dtype) if dtype.is_floating_point else torch.zeros(sizes, dtype=dtype)


def _guess(
    size: int | str | None, place: int, batch: int, sizes: Mapping[str, int], shape: Sequence[int]
) -> int:
    if place == 0:
        return batch
    if isinstance(size, int):
        return size
    if size is not None and size in sizes:
        return sizes[size]
    return shape[place - 1] if shape else FREE_SIZE
