"""Borders: constant, reflected, repeated or wrapped."""

import torch
from torch import Tensor

from workers.networks.onnx.call import Call, axis_of, ints
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.registry import Operation, operator

_MODES = ("reflect", "edge", "wrap")


@operator("Pad", until=10, family="shape")
def build_pad_by_attributes(call: Call) -> Operation:
    """Before opset 11: widths and value are attributes."""
    mode, pads = call.only("mode", "constant", *_MODES[:2]), list(call.get("pads", ()))
    value = call.get("value", 0.0)
    return lambda x: _pad(call, x, pads, list(range(x.dim())), mode, value)


@operator("Pad", since=11, family="shape", host=(1, 2, 3))
def build_pad(call: Call) -> Operation:
    """Widths before each axis, then after; negative ones cut off."""
    mode = call.only("mode", "constant", *_MODES)

    def pad(x: Tensor, pads: Tensor, value: Tensor | None = None, axes: Tensor | None = None) -> Tensor:
        chosen = list(range(x.dim())) if axes is None else [axis_of(axis, x.dim()) for axis in ints(axes)]
        return _pad(call, x, ints(pads), chosen, mode, 0.0 if value is None else value.reshape(-1)[0].item())

    return pad


def _pad(call: Call, x: Tensor, pads: list[int], axes: list[int], mode: str, value: float) -> Tensor:
    if len(pads) != 2 * len(axes):
        raise RefusedNetwork(f"{len(pads)} widths for {len(axes)} axes")
    before, after = [0] * x.dim(), [0] * x.dim()
    for place, axis in enumerate(axes):
        before[axis], after[axis] = pads[place], pads[place + len(axes)]
    call.room(*(max(n + b + a, 0) for n, b, a in zip(x.shape, before, after, strict=True)))
    if mode == "constant":
        flat = [width for pair in zip(reversed(before), reversed(after), strict=True) for width in pair]
        return torch.constant_pad_nd(x, flat, value)
    for axis, (start, end) in enumerate(zip(before, after, strict=True)):
        if start or end:
            x = x.index_select(axis, _places(x.shape[axis], start, end, mode).to(x.device))
    return x


def _places(size: int, before: int, after: int, mode: str) -> Tensor:
    """Which element stands at each place of the wider axis."""
    places = torch.arange(-before, size + after)
    if mode == "edge":
        return places.clamp(0, size - 1)
    if mode == "wrap":
        return places % size
    period = max(2 * (size - 1), 1)
    places = places % period
    return torch.where(places >= size, period - places, places)
