"""Reading and writing at places that indices name; negative ones count from the end."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from workers.networks.onnx.call import Call, axis_of, ints
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.registry import Operation, operator


def _positive(indices: Tensor, size: int) -> Tensor:
    """Indices from the front; torch itself refuses what is still outside."""
    whole = indices.long()
    return torch.where(whole < 0, whole + size, whole)


@operator("Gather", family="shape", weights={0: "weight"}, weighted=("Embedding", "embedding"))
def build_gather(call: Call) -> Operation:
    """Slices along one axis; of a matrix of weights an embedding."""
    axis = call.get("axis", 0)

    def gather(x: Tensor, indices: Tensor) -> Tensor:
        place = axis_of(axis, x.dim())
        places = _positive(indices, x.shape[place])
        call.room(*x.shape[:place], *indices.shape, *x.shape[place + 1 :])
        if place == 0 and x.dim() == 2:
            return functional.embedding(places, x)
        flat = x.index_select(place, places.reshape(-1))
        return flat.reshape((*x.shape[:place], *indices.shape, *x.shape[place + 1 :]))

    return gather


@operator("GatherElements", family="shape", since=11)
def build_gather_elements(call: Call) -> Operation:
    """One number per index, along one axis."""
    axis = call.get("axis", 0)
    return lambda x, indices: torch.gather(x, axis, _positive(indices, x.shape[axis]))


@operator("GatherND", family="shape", since=11)
def build_gather_nd(call: Call) -> Operation:
    """Slices at places that the last axis of the indices names."""
    batches = call.get("batch_dims", 0)

    def gather(x: Tensor, indices: Tensor) -> Tensor:
        depth = indices.shape[-1]
        call.room(*indices.shape[:-1], *x.shape[batches + depth :])
        places = [_positive(indices[..., i], x.shape[batches + i]) for i in range(depth)]
        shape = indices.shape[:-1]
        grid = [
            torch.arange(shape[i], device=x.device)
            .reshape([-1 if j == i else 1 for j in range(len(shape))])
            .expand(shape)
            for i in range(batches)
        ]
        return x[tuple(grid + places)]

    return gather


@operator("Slice", until=9, family="shape")
def build_slice_by_attributes(call: Call) -> Operation:
    """A part of each axis; before opset 10 all is said in attributes."""
    starts, ends, axes = call.get("starts", ()), call.get("ends", ()), call.integers("axes")
    return lambda x: _slice(x, list(starts), list(ends), list(axes) if axes is not None else None, None)


@operator("Slice", since=10, family="shape", host=(1, 2, 3, 4))
def build_slice(_: Call) -> Operation:
    """A part of each axis; steps may go backwards."""

    def cut(
        x: Tensor, starts: Tensor, ends: Tensor, axes: Tensor | None = None, steps: Tensor | None = None
    ) -> Tensor:
        return _slice(
            x,
            ints(starts),
            ints(ends),
            None if axes is None else ints(axes),
            None if steps is None else ints(steps),
        )

    return cut


def _slice(
    x: Tensor, starts: list[int], ends: list[int], axes: list[int] | None, steps: list[int] | None
) -> Tensor:
    axes = list(range(len(starts))) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        place = axis_of(axis, x.dim())
        first, last, by = slice(start, end, step).indices(x.shape[place])
        if by > 0:
            part = [slice(None)] * place + [slice(first, max(last, first), by)]
            x = x[tuple(part)]
        else:
            x = x.index_select(place, torch.arange(first, last, by, device=x.device))
    return x


@operator("ScatterElements", since=11)
@operator("Scatter", since=9)
def build_scatter_elements(call: Call) -> Operation:
    """Numbers written, added, multiplied or compared at indices along one axis."""
    axis, how = call.get("axis", 0), call.only("reduction", "none", "add", "mul", "max", "min")

    def scatter(x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
        places = _positive(indices, x.shape[axis])
        if how == "none":
            return x.scatter(axis, places, updates)
        return x.scatter_reduce(axis, places, updates, _REDUCE[how])

    return scatter


_REDUCE = {"add": "sum", "mul": "prod", "max": "amax", "min": "amin"}


@operator("ScatterND", since=11)
def build_scatter_nd(call: Call) -> Operation:
    """Slices written or added at places that the last axis of the indices names."""
    how = call.only("reduction", "none", "add", "mul", "max", "min")

    def scatter(x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
        depth = indices.shape[-1]
        places = tuple(_positive(indices[..., i], x.shape[i]) for i in range(depth))
        if how in {"none", "add"}:
            return x.index_put(places, updates, accumulate=how == "add")
        flat = torch.zeros_like(places[0])
        for place, size in zip(places, x.shape, strict=False):
            flat = flat * size + place
        rows = x.reshape(-1, *x.shape[depth:])
        index = flat.reshape(-1, *[1] * (x.dim() - depth)).expand(-1, *x.shape[depth:])
        changed = rows.scatter_reduce(0, index, updates.reshape(index.shape), _REDUCE[how])
        return changed.reshape(x.shape)

    return scatter


@operator("OneHot", since=9, host=(1,))
def build_one_hot(call: Call) -> Operation:
    """One of two values by whether the place is the index."""
    axis = call.get("axis", -1)

    def one_hot(indices: Tensor, depth: Tensor, values: Tensor) -> Tensor:
        size = int(depth.reshape(-1)[0])
        call.room(*indices.shape, size)
        whole = indices.long()
        whole = torch.where(whole < 0, whole + size, whole)
        place = axis_of(axis, indices.dim() + 1)
        line = torch.arange(size, device=whole.device).reshape([-1] + [1] * (indices.dim() - place))
        return torch.where(whole.unsqueeze(place) == line, values[1], values[0])

    return one_hot


@operator("TopK", since=10, host=(1,), outputs=2)
def build_top_k(call: Call) -> Operation:
    """The largest or smallest along one axis with their places; equal ones in the order of their places."""
    axis, largest = call.get("axis", -1), bool(call.get("largest", 1))
    call.ignore("sorted")

    def top(x: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
        values, places = x.sort(dim=axis, descending=largest, stable=True)
        count = int(k.reshape(-1)[0])
        if count > x.shape[axis]:
            raise RefusedNetwork(f"the largest {count} of {x.shape[axis]}")
        return values.narrow(axis, 0, count), places.narrow(axis, 0, count)

    return top


def _register_arg(name: str, function: Callable[..., Tensor]) -> None:
    @operator(name)
    def build(call: Call) -> Operation:
        axis, keep = call.get("axis", 0), bool(call.get("keepdims", 1))
        last = bool(call.get("select_last_index", 0))

        def arg(x: Tensor) -> Tensor:
            if not last:
                return function(x, axis, keep)
            return x.shape[axis] - 1 - function(x.flip(axis), axis, keep)

        return arg

    build.__doc__ = "The place of the extreme value along one axis."


_register_arg("ArgMax", torch.argmax)
_register_arg("ArgMin", torch.argmin)


@operator("CumSum", since=11, host=(1,))
def build_cumsum(call: Call) -> Operation:
    """Running sums along one axis."""
    return _running(call, torch.cumsum, 0)


@operator("CumProd", since=26, host=(1,))
def build_cumprod(call: Call) -> Operation:
    """Running products along one axis."""
    return _running(call, torch.cumprod, 1)


def _running(call: Call, function: Callable[..., Tensor], neutral: int) -> Operation:
    exclusive, reverse = bool(call.get("exclusive", 0)), bool(call.get("reverse", 0))

    def run(x: Tensor, axis: Tensor) -> Tensor:
        place = axis_of(int(axis), x.dim())
        x = x.flip(place) if reverse else x
        if exclusive:
            first = torch.full_like(x.narrow(place, 0, 1), neutral)
            x = torch.cat([first, x.narrow(place, 0, x.shape[place] - 1)], place)
        y = function(x, place, dtype=x.dtype)
        return y.flip(place) if reverse else y

    return run


@operator("NonZero", since=9)
def build_non_zero(_: Call) -> Operation:
    """Places of all that is not zero, one column each."""
    return lambda x: torch.nonzero(x).t() if x.dim() else torch.zeros(0, int(x != 0), dtype=torch.int64)


@operator("Compress", since=9)
def build_compress(call: Call) -> Operation:
    """What a mask of one dimension lets through."""
    axis = call.integer("axis")

    def compress(x: Tensor, mask: Tensor) -> Tensor:
        x = x.reshape(-1) if axis is None else x
        return x.index_select(axis or 0, mask.nonzero().reshape(-1))

    return compress


@operator("ReverseSequence", since=10, host=(1,))
def build_reverse_sequence(call: Call) -> Operation:
    """The first steps of each example backwards."""
    time, batch = call.get("time_axis", 0), call.get("batch_axis", 1)

    def reverse(x: Tensor, lengths: Tensor) -> Tensor:
        moved = x.movedim((batch, time), (0, 1))
        rows = [torch.cat([row[:n].flip(0), row[n:]]) for row, n in zip(moved, ints(lengths), strict=True)]
        return torch.stack(rows).movedim((0, 1), (batch, time))

    return reverse
