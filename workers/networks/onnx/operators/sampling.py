"""Values read at places that the network computes: grids, deformed convolutions, regions of interest."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from workers.networks.onnx.call import Call, ints
from workers.networks.onnx.operators.convolution import spread
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.registry import Operation, operator

_REGIONS = 2_000


@operator("GridSample", since=16, family="operation")
def build_grid_sample(call: Call) -> Operation:
    """Values read at fractional places; bicubic only in two dimensions."""
    mode = call.get("mode", "bilinear" if call.opset < 20 else "linear")
    names = {"linear": "bilinear", "cubic": "bicubic"}
    padding = call.only("padding_mode", "zeros", "border", "reflection")
    aligned = bool(call.get("align_corners", 0))

    def sample(x: Tensor, grid: Tensor) -> Tensor:
        call.room(*x.shape[:2], *grid.shape[1:-1])
        return functional.grid_sample(x, grid, names.get(mode, mode), padding, aligned)

    return sample


@operator("AffineGrid", since=20, host=(1,))
def build_affine_grid(call: Call) -> Operation:
    """Places of a grid after a linear map."""
    aligned = bool(call.get("align_corners", 0))

    def grid(theta: Tensor, size: Tensor) -> Tensor:
        sizes = ints(size)
        call.room(*sizes, 3)
        return functional.affine_grid(theta, sizes, aligned)

    return grid


@operator("DeformConv", since=19, family="convolution", type="DeformConv2d", weights={1: "weight", 3: "bias"})
def build_deformed_convolution(call: Call) -> Operation:
    """A convolution whose places are moved by offsets, over images; beyond the border there are zeros."""
    strides, pads, dilations = call.integers("strides"), call.integers("pads"), call.integers("dilations")
    group, offset_group = call.get("group", 1), call.get("offset_group", 1)
    call.ignore("kernel_shape")

    def convolve(
        x: Tensor, weight: Tensor, offset: Tensor, bias: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        if x.dim() != 4:
            raise RefusedNetwork("DeformConv over other than two dimensions")
        stride, dilation, both = spread(strides, 2, 1), spread(dilations, 2, 1), spread(pads, 4, 0)
        n, channels = x.shape[:2]
        (kh, kw), (oh, ow) = weight.shape[2:], offset.shape[2:]
        call.room(n, channels, kh * kw, oh, ow)
        moved = offset.reshape(n * offset_group, kh * kw, 2, oh, ow)
        kept = None if mask is None else mask.reshape(n * offset_group, kh * kw, 1, oh, ow)
        images = x.reshape(n * offset_group, channels // offset_group, *x.shape[2:])
        down = torch.arange(oh, device=x.device)[:, None] * stride[0] - both[0]
        right = torch.arange(ow, device=x.device)[None, :] * stride[1] - both[1]
        columns = []
        for place in range(kh * kw):
            h = down + place // kw * dilation[0] + moved[:, place, 0]
            w = right + place % kw * dilation[1] + moved[:, place, 1]
            grid = torch.stack([(2 * w + 1) / x.shape[3] - 1, (2 * h + 1) / x.shape[2] - 1], -1)
            values = functional.grid_sample(images, grid, "bilinear", "zeros", align_corners=False)
            values = values if kept is None else values * kept[:, place]
            columns.append(values.reshape(n, group, channels // group, oh, ow))
        rows = weight.reshape(group, -1, channels // group, kh * kw)
        y = torch.einsum("ngckhw,gock->ngohw", torch.stack(columns, 3), rows).reshape(n, -1, oh, ow)
        return y if bias is None else y + bias.reshape(-1, 1, 1)

    return convolve


@operator("RoiAlign", since=10, family="pooling")
def build_region_pooling(call: Call) -> Operation:
    """The mean of values read evenly in each part of each region."""
    call.only("mode", "avg")
    default = "half_pixel" if call.opset >= 16 else "output_half_pixel"
    shifted = call.only("coordinate_transformation_mode", default, "half_pixel", "output_half_pixel")
    height, width = call.get("output_height", 1), call.get("output_width", 1)
    ratio, scale = call.get("sampling_ratio", 0), call.get("spatial_scale", 1.0)

    def pool(x: Tensor, regions: Tensor, images: Tensor) -> Tensor:
        if len(regions) > _REGIONS:
            raise RefusedNetwork(f"{len(regions)} regions; the limit is {_REGIONS}")
        call.room(len(regions), x.shape[1], height, width)
        exact = regions * scale - (0.5 if shifted == "half_pixel" else 0.0)
        pooled = [_region(x[int(i)], box) for i, box in zip(images, exact, strict=True)]
        return torch.stack(pooled) if pooled else x.new_zeros(0, x.shape[1], height, width)

    def _region(image: Tensor, box: Tensor) -> Tensor:
        size = box[2:] - box[:2]
        size = size if shifted == "half_pixel" else size.clamp_min(1.0)
        parts = []
        for axis, count in ((1, height), (0, width)):
            inner = ratio if ratio > 0 else max(math.ceil(float(size[axis]) / count), 0)
            call.room(count, inner, image.shape[2 - axis])
            step = torch.arange(count * inner, dtype=image.dtype, device=image.device) + 0.5
            parts.append(
                _weights(box[axis] + step * size[axis] / (count * max(inner, 1)), image.shape[2 - axis])
            )
        rows, columns = parts
        read = torch.einsum("chw,yh,xw->cyx", image, rows, columns)
        if not read.numel():
            return image.new_zeros(image.shape[0], height, width)
        return read.reshape(image.shape[0], height, -1, width, len(columns) // width).mean((2, 4))

    return pool


def _weights(places: Tensor, size: int) -> Tensor:
    """(places, size): how much of each pixel is in each value; nothing further than one pixel outside."""
    inside = (places >= -1) & (places <= size)
    near = places.clamp(0, size - 1)
    pixel = torch.arange(size, dtype=places.dtype, device=places.device)
    return (1 - (near[:, None] - pixel).abs()).clamp_min(0) * inside[:, None]


@operator("Col2Im", since=18, family="shape", host=(1, 2))
def build_columns_to_image(call: Call) -> Operation:
    """Blocks laid over an image, in any number of dimensions; where they overlap they add up."""
    strides, pads, dilations = call.integers("strides"), call.integers("pads"), call.integers("dilations")

    def fold(x: Tensor, image: Tensor, block: Tensor) -> Tensor:
        sizes, kernel = ints(image), ints(block)
        spatial = len(sizes)
        step, wide = spread(strides, spatial, 1), spread(dilations, spatial, 1)
        both = spread(pads, 2 * spatial, 0)
        whole = [size + both[axis] + both[axis + spatial] for axis, size in enumerate(sizes)]
        parts = math.prod(kernel)
        call.room(x.shape[0], x.shape[1], *whole)
        counts = [
            (n - d * (k - 1) - 1) // s + 1 for n, d, k, s in zip(whole, wide, kernel, step, strict=True)
        ]
        blocks = x.reshape(x.shape[0], -1, parts, *counts)
        y = x.new_zeros(x.shape[0], blocks.shape[1], *whole)
        for part in range(parts):
            left, places = part, []
            for axis in reversed(range(spatial)):
                left, at = divmod(left, kernel[axis])
                start = at * wide[axis]
                places.append(slice(start, start + (counts[axis] - 1) * step[axis] + 1, step[axis]))
            y[(slice(None), slice(None), *reversed(places))] += blocks[:, :, part]
        for axis, size in enumerate(sizes):
            y = y.narrow(2 + axis, both[axis], size)
        return y

    return fold
