"""Pooling; averages and maxima over windows or over everything."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from workers.networks.onnx.call import Call, ints
from workers.networks.onnx.operators.convolution import padded, paddings, spread
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.registry import Operation, operator

_MAX = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}
_AVERAGE = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}
_SUM = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}


class Windows:
    """Size, step and border of pooling windows, for an input that comes later."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.kernel = list(call.get("kernel_shape", ()))
        self.auto = call.only("auto_pad", "NOTSET", "", "VALID", "SAME_UPPER", "SAME_LOWER")
        self.pads, self.strides = call.integers("pads"), call.integers("strides")
        self.dilations = call.integers("dilations")
        self.ceil = bool(call.get("ceil_mode", 0)) and self.auto in {"NOTSET", ""}

    def place(self, x: Tensor) -> tuple[list[int], list[int], list[int], list[int]]:
        """Step, dilation, and border before and after, the latter wide enough for the last window.

        With ceil_mode a window may hang over the border, but never starts beyond the padded input.
        """
        spatial = len(self.kernel)
        if x.dim() != spatial + 2 or spatial not in _MAX:
            raise RefusedNetwork(f"pooling over {spatial} dimensions of a tensor of {x.dim()}")
        stride, dilation = spread(self.strides, spatial, 1), spread(self.dilations, spatial, 1)
        before, after = paddings(self.auto, self.pads, list(x.shape[2:]), self.kernel, stride, dilation)
        if min(before + after) < 0:
            raise RefusedNetwork("negative padding of a pooling is not supported")
        return stride, dilation, before, after

    def hanging(
        self, x: Tensor, stride: list[int], dilation: list[int], before: list[int], after: list[int]
    ) -> list[int]:
        """How far beyond the border the last window of each dimension hangs, with ceil_mode."""
        if not self.ceil:
            return [0] * len(self.kernel)
        over = []
        for n, k, s, d, b, a in zip(x.shape[2:], self.kernel, stride, dilation, before, after, strict=True):
            reach = d * (k - 1) + 1
            count = math.ceil((n + b + a - reach) / s) + 1
            if (count - 1) * s >= n + b:
                count -= 1
            over.append(max((count - 1) * s + reach - (n + b + a), 0))
        return over


@operator("MaxPool", family="pooling", type="MaxPool{}d", outputs=2)
def build_max_pool(call: Call) -> Operation:
    """The largest value of each window, and its place in the whole input."""
    windows = Windows(call)
    columns_first, placed = bool(call.get("storage_order", 0)), call.wants(1)

    def pool(x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        stride, dilation, before, after = windows.place(x)
        over = windows.hanging(x, stride, dilation, before, after)
        exact = x if x.dtype.is_floating_point else x.double()
        # minus infinity never wins: a window of nothing but border gives it, as in onnxruntime
        wide = padded(call, exact, before, [a + o for a, o in zip(after, over, strict=True)], -math.inf)
        run = _MAX[len(windows.kernel)]
        if not placed:
            return run(wide, windows.kernel, stride, 0, dilation).to(x.dtype)
        values, places = run(wide, windows.kernel, stride, 0, dilation, return_indices=True)
        return values.to(x.dtype), _whole_places(places, x, wide, before, columns_first)

    return pool


def _whole_places(places: Tensor, x: Tensor, wide: Tensor, before: list[int], columns_first: bool) -> Tensor:
    """Places among all numbers of `x`, from those within one channel of the input with its border."""
    along = []
    for size in reversed(wide.shape[2:]):
        along.append(places % size)
        places = places // size
    inside = [value - border for value, border in zip(reversed(along), before, strict=True)]
    sizes = list(x.shape[2:])
    order = range(len(sizes))
    flat = torch.zeros_like(inside[0])
    for axis in reversed(order) if columns_first else order:
        flat = flat * sizes[axis] + inside[axis]
    channels = torch.arange(x.shape[0] * x.shape[1], device=x.device)
    return flat + channels.reshape(*x.shape[:2], *[1] * len(sizes)) * math.prod(sizes)


@operator("MaxUnpool", since=9, family="pooling", type="MaxUnpool{}d", host=(2,))
def build_max_unpool(call: Call) -> Operation:
    """Each value back at the place that it was the largest of, zeros around it."""
    kernel, pads = call.get("kernel_shape", ()), call.integers("pads")
    strides = call.integers("strides")

    def unpool(x: Tensor, places: Tensor, shape: Tensor | None = None) -> Tensor:
        spatial = len(kernel)
        step, both = spread(strides, spatial, 1), spread(pads, 2 * spatial, 0)
        sizes = [
            (n - 1) * s - both[axis] - both[axis + spatial] + k
            for axis, (n, s, k) in enumerate(zip(x.shape[2:], step, kernel, strict=True))
        ]
        call.room(*x.shape[:2], *sizes)
        flat = x.new_zeros(math.prod(x.shape[:2]) * math.prod(sizes))
        y = flat.scatter(0, places.reshape(-1), x.reshape(-1)).reshape(*x.shape[:2], *sizes)
        if shape is None:
            return y
        wanted = ints(shape)
        call.room(*wanted)
        missing = [size - there for size, there in zip(wanted, y.shape, strict=True)]
        return functional.pad(y, [width for size in reversed(missing) for width in (0, size)])

    return unpool


@operator("AveragePool", family="pooling", type="AvgPool{}d")
def build_average_pool(call: Call) -> Operation:
    """The mean of each window, with or without the border; what hangs over the border never counts."""
    windows = Windows(call)
    counted = bool(call.get("count_include_pad", 0))

    def pool(x: Tensor) -> Tensor:
        stride, dilation, before, after = windows.place(x)
        over = windows.hanging(x, stride, dilation, before, after)
        kernel = windows.kernel
        if not any(before + after + over) and max(dilation) == 1:
            return _AVERAGE[len(kernel)](x, kernel, stride)
        ones = torch.ones_like(x[:1, :1])
        ones = padded(call, ones, before, after, 1.0 if counted else 0.0)
        nothing = [0] * len(kernel)
        wide = padded(call, padded(call, x, before, after, 0.0), nothing, over, 0.0)
        ones = padded(call, ones, nothing, over, 0.0)
        return _sums(wide, kernel, stride, dilation) / _sums(ones, kernel, stride, dilation)

    return pool


@operator("LpPool", family="pooling", type="LPPool{}d", since=11)
def build_lp_pool(call: Call) -> Operation:
    """The p-norm of each window."""
    windows, p = Windows(call), float(call.get("p", 2))

    def pool(x: Tensor) -> Tensor:
        stride, dilation, before, after = windows.place(x)
        over = windows.hanging(x, stride, dilation, before, after)
        wide = padded(call, x, before, [a + o for a, o in zip(after, over, strict=True)], 0.0)
        return _sums(wide.abs().pow(p), windows.kernel, stride, dilation).pow(1 / p)

    return pool


def _sums(x: Tensor, kernel: list[int], stride: list[int], dilation: list[int]) -> Tensor:
    """The sum of each window, every channel for itself."""
    if max(dilation) == 1:
        return _AVERAGE[len(kernel)](x, kernel, stride) * math.prod(kernel)
    each = x.flatten(0, 1).unsqueeze(1)
    summed = _SUM[len(kernel)](each, x.new_ones(1, 1, *kernel), stride=stride, dilation=dilation)
    return summed.reshape(*x.shape[:2], *summed.shape[2:])


def _spatial(x: Tensor) -> list[int]:
    return list(range(2, x.dim()))


@operator("GlobalAveragePool", family="pooling", type="AdaptiveAvgPool{}d")
def build_global_average_pool(_: Call) -> Operation:
    """The mean over all spatial dimensions."""
    return lambda x: x.mean(_spatial(x), keepdim=True) if x.dim() > 2 else x


@operator("GlobalMaxPool", family="pooling", type="AdaptiveMaxPool{}d")
def build_global_max_pool(_: Call) -> Operation:
    """The largest value over all spatial dimensions; of equal ones each gets its share of the gradient."""
    return lambda x: x.amax(_spatial(x), keepdim=True) if x.dim() > 2 else x


@operator("GlobalLpPool", family="pooling")
def build_global_lp_pool(call: Call) -> Operation:
    """The p-norm over all spatial dimensions."""
    p = float(call.get("p", 2))
    return lambda x: x.abs().pow(p).sum(_spatial(x), keepdim=True).pow(1 / p)
