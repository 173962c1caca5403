"""Reductions over axes; where the axes stand (attribute or input) changed at opset 13 or 18."""

from collections.abc import Callable

import torch
from torch import Tensor

from workers.networks.onnx.call import Call, ints
from workers.networks.onnx.registry import Operation, operator

Reduce = Callable[[Tensor, tuple[int, ...], bool], Tensor]


def _product(x: Tensor, axes: tuple[int, ...], keep: bool) -> Tensor:
    for axis in sorted((axis % max(x.dim(), 1) for axis in axes), reverse=True):
        x = x.prod(axis, keepdim=keep)
    return x


def _mean(x: Tensor, axes: tuple[int, ...], keep: bool) -> Tensor:
    return (
        x.mean(axes, keep) if x.dtype.is_floating_point else x.double().mean(axes, keep).trunc().to(x.dtype)
    )


def _extreme(function: Callable[..., Tensor], sign: int) -> Reduce:
    """Of nothing, the end of the range that every number is beyond."""

    def reduce(x: Tensor, axes: tuple[int, ...], keep: bool) -> Tensor:
        if x.numel():
            return function(x, axes, keep)
        chosen = {axis % x.dim() for axis in axes}
        shape = [1 if axis in chosen else size for axis, size in enumerate(x.shape)]
        filled = torch.full(shape, _end(x.dtype, sign), dtype=x.dtype)
        return filled if keep else filled.squeeze(axes)

    return reduce


def _end(dtype: torch.dtype, sign: int) -> float:
    if dtype.is_floating_point:
        return sign * torch.inf
    if dtype == torch.bool:
        return sign > 0
    return torch.iinfo(dtype).max if sign > 0 else torch.iinfo(dtype).min


_REDUCTIONS: dict[str, tuple[Reduce, int]] = {
    "ReduceSum": (lambda x, axes, keep: x.sum(axes, keep, dtype=x.dtype), 13),
    "ReduceMean": (_mean, 18),
    "ReduceMax": (_extreme(torch.amax, -1), 18),
    "ReduceMin": (_extreme(torch.amin, 1), 18),
    "ReduceProd": (_product, 18),
    "ReduceL1": (lambda x, axes, keep: x.abs().sum(axes, keep, dtype=x.dtype), 18),
    "ReduceL2": (lambda x, axes, keep: torch.linalg.vector_norm(x, 2, axes, keep), 18),
    "ReduceLogSum": (lambda x, axes, keep: x.sum(axes, keep).log(), 18),
    "ReduceLogSumExp": (torch.logsumexp, 18),
    "ReduceSumSquare": (lambda x, axes, keep: x.square().sum(axes, keep, dtype=x.dtype), 18),
}


def _run(reduce: Reduce, x: Tensor, axes: list[int], keep: bool, idle: bool) -> Tensor:
    if not axes and idle:
        return x
    chosen = tuple(axes) or tuple(range(x.dim()))
    return reduce(x, chosen, keep) if chosen else reduce(x.reshape(1), (0,), False)


def _register(name: str, reduce: Reduce, moved: int) -> None:
    # an empty reduction of the elements themselves still takes the norm or the logarithm of each
    @operator(name, until=moved - 1, type=name.removeprefix("Reduce").lower())
    def build_by_attribute(call: Call) -> Operation:
        axes, keep = list(call.get("axes", ())), bool(call.get("keepdims", 1))
        return lambda x: _run(reduce, x, axes, keep, idle=False)

    build_by_attribute.__doc__ = "Over axes that an attribute names."

    @operator(name, since=moved, type=name.removeprefix("Reduce").lower(), host=(1,))
    def build(call: Call) -> Operation:
        keep, idle = bool(call.get("keepdims", 1)), bool(call.get("noop_with_empty_axes", 0))
        return lambda x, axes=None: _run(reduce, x, [] if axes is None else ints(axes), keep, idle)

    build.__doc__ = "Over axes that an input names."


for _name, (_reduce, _moved) in _REDUCTIONS.items():
    _register(_name, _reduce, _moved)
