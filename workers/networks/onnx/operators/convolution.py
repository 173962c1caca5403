"""Convolutions in one to three spatial dimensions."""

import math

from torch import Tensor
from torch.nn import functional

from workers.networks.onnx.call import Call
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.registry import Operation, operator

_CONVOLUTIONS = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
_TRANSPOSED = {1: functional.conv_transpose1d, 2: functional.conv_transpose2d, 3: functional.conv_transpose3d}

Window = tuple[list[int], list[int], list[int], list[int]]


def spread(values: tuple[int, ...] | None, spatial: int, default: int) -> list[int]:
    """One number per spatial dimension."""
    result = [default] * spatial if values is None else [int(value) for value in values]
    if len(result) != spatial:
        raise RefusedNetwork(f"{len(result)} numbers for {spatial} spatial dimensions")
    return result


def paddings(
    auto: str,
    given: tuple[int, ...] | None,
    size: list[int],
    kernel: list[int],
    stride: list[int],
    dilation: list[int],
) -> tuple[list[int], list[int]]:
    """Padding before and after each spatial dimension, by ONNX's three ways of saying it."""
    spatial = len(size)
    if auto in {"NOTSET", ""}:
        both = spread(given, 2 * spatial, 0)
        return both[:spatial], both[spatial:]
    if auto == "VALID":
        return [0] * spatial, [0] * spatial
    total = [
        max((math.ceil(n / s) - 1) * s + (k - 1) * d + 1 - n, 0)
        for n, k, s, d in zip(size, kernel, stride, dilation, strict=True)
    ]
    small, large = [whole // 2 for whole in total], [whole - whole // 2 for whole in total]
    return (small, large) if auto == "SAME_UPPER" else (large, small)


def padded(call: Call, x: Tensor, before: list[int], after: list[int], value: float) -> Tensor:
    """The input with a border; nothing is copied where there is none."""
    if not any(before) and not any(after):
        return x
    call.room(*x.shape[:2], *(n + a + b for n, a, b in zip(x.shape[2:], before, after, strict=True)))
    flat = [width for pair in zip(reversed(before), reversed(after), strict=True) for width in pair]
    return functional.pad(x, flat, value=value)


@operator("Conv", family="convolution", type="Conv{}d", weights={1: "weight", 2: "bias"})
def build_convolution(call: Call) -> Operation:
    """Cross-correlation, grouped, strided and dilated."""
    auto = call.only("auto_pad", "NOTSET", "", "VALID", "SAME_UPPER", "SAME_LOWER")
    given, group = call.integers("pads"), call.get("group", 1)
    strides, dilations = call.integers("strides"), call.integers("dilations")
    call.ignore("kernel_shape")

    def convolve(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        spatial = _spatial(x, weight)
        stride, dilation = spread(strides, spatial, 1), spread(dilations, spatial, 1)
        kernel = list(weight.shape[2:])
        before, after = paddings(auto, given, list(x.shape[2:]), kernel, stride, dilation)
        if before == after and min(before) >= 0:
            out = [
                (n + 2 * p - d * (k - 1) - 1) // s + 1
                for n, p, d, k, s in zip(x.shape[2:], before, dilation, kernel, stride, strict=True)
            ]
            call.room(x.shape[0], weight.shape[0], *(max(size, 0) for size in out))
            return _CONVOLUTIONS[spatial](x, weight, bias, stride, before, dilation, group)
        x = padded(call, x, before, after, 0.0)
        return _CONVOLUTIONS[spatial](x, weight, bias, stride, 0, dilation, group)

    return convolve


@operator("ConvTranspose", family="convolution", type="ConvTranspose{}d", weights={1: "weight", 2: "bias"})
def build_transposed_convolution(call: Call) -> Operation:
    """The gradient of a convolution; padding takes away from the outcome."""
    auto = call.only("auto_pad", "NOTSET", "", "VALID", "SAME_UPPER", "SAME_LOWER")
    given, shape, group = call.integers("pads"), call.integers("output_shape"), call.get("group", 1)
    strides, dilations = call.integers("strides"), call.integers("dilations")
    extras = call.integers("output_padding")
    call.ignore("kernel_shape")

    def convolve(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        spatial = _spatial(x, weight)
        stride, dilation = spread(strides, spatial, 1), spread(dilations, spatial, 1)
        extra = spread(extras, spatial, 0)
        full = [
            (n - 1) * s + (k - 1) * d + 1 + e
            for n, s, k, d, e in zip(x.shape[2:], stride, weight.shape[2:], dilation, extra, strict=True)
        ]
        call.room(x.shape[0], weight.shape[1] * group, *full)
        before, after = _cropped(
            auto, given, shape, full, [n * s for n, s in zip(x.shape[2:], stride, strict=True)]
        )
        whole = _transposed(x, weight, bias, stride, dilation, group, full)
        if min(before + after) < 0:
            raise RefusedNetwork("ConvTranspose with negative padding is not supported")
        for number, (start, end) in enumerate(zip(before, after, strict=True)):
            whole = whole.narrow(2 + number, start, full[number] - start - end)
        return whole

    return convolve


def _spatial(x: Tensor, weight: Tensor) -> int:
    spatial = x.dim() - 2
    if spatial not in _CONVOLUTIONS or weight.dim() != x.dim():
        raise RefusedNetwork(
            f"a convolution over {spatial} spatial dimensions with a weight of {weight.dim()}"
        )
    return spatial


def _cropped(
    auto: str,
    given: tuple[int, ...] | None,
    shape: tuple[int, ...] | None,
    full: list[int],
    same: list[int],
) -> tuple[list[int], list[int]]:
    spatial = len(full)
    if shape is None and auto in {"NOTSET", "", "VALID"}:
        both = spread(given if auto != "VALID" else None, 2 * spatial, 0)
        return both[:spatial], both[spatial:]
    wanted = list(shape[-spatial:]) if shape is not None else same
    total = [whole - size for whole, size in zip(full, wanted, strict=True)]
    small, large = [whole // 2 for whole in total], [whole - whole // 2 for whole in total]
    return (large, small) if auto == "SAME_LOWER" or (auto != "SAME_UPPER") else (small, large)


def _transposed(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: list[int],
    dilation: list[int],
    group: int,
    full: list[int],
) -> Tensor:
    """Without padding, then filled up where the extra size is larger than torch takes."""
    whole = _TRANSPOSED[x.dim() - 2](x, weight, None, stride, 0, 0, group, dilation)
    missing = [size - there for size, there in zip(full, whole.shape[2:], strict=True)]
    if any(missing):
        whole = functional.pad(whole, [width for size in reversed(missing) for width in (0, size)])
    return whole if bias is None else whole + bias.reshape(-1, *[1] * (x.dim() - 2)).expand(whole.shape[1:])
