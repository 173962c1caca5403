"""Changes of shape, and what asks for a shape."""

import torch
from torch import Tensor

from workers.networks.onnx.call import Call, axis_of, ints, together
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.registry import Operation, operator


@operator("Identity", family="shape")
def build_identity(_: Call) -> Operation:
    """The value itself."""
    return lambda x: x


@operator("Shape")
def build_shape(call: Call) -> Operation:
    """The sizes, or some of them; numbers that never go to the accelerator."""
    start, end = call.get("start", 0), call.integer("end")
    return lambda x: torch.tensor(list(x.shape)[start:end], dtype=torch.int64)


@operator("Size")
def build_size(_: Call) -> Operation:
    """How many numbers there are."""
    return lambda x: torch.tensor(x.numel(), dtype=torch.int64)


@operator("Reshape", family="shape", host=(1,))
def build_reshape(call: Call) -> Operation:
    """To other sizes: -1 is what is left, 0 copies the size at its place."""
    zeros = bool(call.get("allowzero", 0))

    def reshape(x: Tensor, shape: Tensor) -> Tensor:
        sizes = ints(shape)
        if not zeros:
            sizes = [x.shape[place] if size == 0 else size for place, size in enumerate(sizes)]
        return x.reshape(tuple(sizes))

    return reshape


@operator("Flatten", family="shape", type="Flatten")
def build_flatten(call: Call) -> Operation:
    """To a matrix, split at an axis."""
    axis = call.get("axis", 1)

    def flatten(x: Tensor) -> Tensor:
        if not -x.dim() <= axis <= x.dim():
            raise RefusedNetwork(f"axis {axis} of a tensor of {x.dim()} dimensions")
        place = axis + x.dim() if axis < 0 else axis
        rows = 1
        for size in x.shape[:place]:
            rows *= size
        return x.reshape(rows, -1) if x.numel() else x.reshape(rows, x[(0,) * place].numel() if rows else 0)

    return flatten


@operator("Transpose", family="shape")
def build_transpose(call: Call) -> Operation:
    """Axes in another order, reversed where none is given."""
    order = call.integers("perm")
    return lambda x: x.permute(order if order is not None else tuple(reversed(range(x.dim()))))


@operator("Squeeze", until=12, family="shape")
def build_squeeze_by_attribute(call: Call) -> Operation:
    """Without axes of size 1; before opset 13 they are an attribute."""
    axes = call.integers("axes")
    return lambda x: _squeeze(x, axes)


@operator("Squeeze", since=13, family="shape", host=(1,))
def build_squeeze(_: Call) -> Operation:
    """Without axes of size 1."""
    return lambda x, axes=None: _squeeze(x, None if axes is None else tuple(ints(axes)))


def _squeeze(x: Tensor, axes: tuple[int, ...] | None) -> Tensor:
    if axes is None:
        return x.squeeze()
    if any(x.shape[axis] != 1 for axis in axes):
        raise RefusedNetwork("Squeeze of an axis whose size is not 1")
    return x.squeeze(axes)


@operator("Unsqueeze", until=12, family="shape")
def build_unsqueeze_by_attribute(call: Call) -> Operation:
    """With new axes of size 1; before opset 13 they are an attribute."""
    axes = call.get("axes", ())
    return lambda x: _unsqueeze(x, list(axes))


@operator("Unsqueeze", since=13, family="shape", host=(1,))
def build_unsqueeze(_: Call) -> Operation:
    """With new axes of size 1."""
    return lambda x, axes: _unsqueeze(x, ints(axes))


def _unsqueeze(x: Tensor, axes: list[int]) -> Tensor:
    dimensions = x.dim() + len(axes)
    if dimensions > 64:
        raise RefusedNetwork("a tensor of more than 64 dimensions")
    for axis in sorted(axis_of(axis, dimensions) for axis in axes):
        x = x.unsqueeze(axis)
    return x


@operator("Expand", since=8, family="shape", host=(1,))
def build_expand(call: Call) -> Operation:
    """Repeated along axes of size 1, both ways as in broadcasting."""

    def expand(x: Tensor, shape: Tensor) -> Tensor:
        sizes = together(x.shape, tuple(ints(shape)))
        call.room(*sizes)
        return x.expand(sizes)

    return expand


@operator("Tile", family="shape", host=(1,))
def build_tile(call: Call) -> Operation:
    """Whole copies side by side."""

    def tile(x: Tensor, repeats: Tensor) -> Tensor:
        counts = ints(repeats)
        call.room(*(size * count for size, count in zip(x.shape, counts, strict=True)))
        return x.repeat(counts)

    return tile


@operator("Concat")
def build_concat(call: Call) -> Operation:
    """Along one axis."""
    axis = call.get("axis", 1)

    def concat(*values: Tensor) -> Tensor:
        call.room(sum(value.numel() for value in values))
        return torch.cat(values, axis)

    return concat


@operator("Split", until=12, family="shape", outputs=1_000)
def build_split_by_attribute(call: Call) -> Operation:
    """Into parts of given or equal size; before opset 13 the sizes are an attribute."""
    axis, sizes, parts = call.get("axis", 0), call.integers("split"), len(call.used)
    return lambda x: _split(x, axis, list(sizes) if sizes else None, parts)


@operator("Split", since=13, family="shape", outputs=1_000, host=(1,))
def build_split(call: Call) -> Operation:
    """Into parts of given or equal size, of which the last may be smaller."""
    axis, parts = call.get("axis", 0), call.get("num_outputs", len(call.used))
    return lambda x, sizes=None: _split(x, axis, None if sizes is None else ints(sizes), parts)


def _split(x: Tensor, axis: int, sizes: list[int] | None, parts: int) -> tuple[Tensor, ...]:
    if sizes is None:
        each = -(-x.shape[axis] // parts)
        sizes = [each] * (parts - 1) + [x.shape[axis] - each * (parts - 1)]
    return torch.split_with_sizes(x, sizes, axis)


@operator("CenterCropPad", since=18, family="shape", host=(1,))
def build_center_crop_pad(call: Call) -> Operation:
    """Cut or filled with zeros around the middle, to a size."""
    chosen = call.integers("axes")

    def crop(x: Tensor, shape: Tensor) -> Tensor:
        sizes = ints(shape)
        axes = [axis_of(axis, x.dim()) for axis in (chosen if chosen is not None else range(x.dim()))]
        wanted = dict(zip(axes, sizes, strict=True))
        call.room(*(wanted.get(axis, size) for axis, size in enumerate(x.shape)))
        for axis, size in wanted.items():
            over = x.shape[axis] - size
            if over >= 0:
                x = x.narrow(axis, over // 2, size)
            else:
                after = [0, 0] * (x.dim() - 1 - axis)
                x = torch.nn.functional.pad(x, [*after, -over // 2, -over - -over // 2])
        return x

    return crop


@operator("DepthToSpace", family="shape", type="PixelShuffle")
def build_depth_to_space(call: Call) -> Operation:
    """Channels become blocks of pixels."""
    block, mode = call.get("blocksize", 1), call.only("mode", "DCR", "CRD")

    def shuffle(x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        deep = c // block**2
        if mode == "DCR":
            parts = x.reshape(n, block, block, deep, h, w).permute(0, 3, 4, 1, 5, 2)
        else:
            parts = x.reshape(n, deep, block, block, h, w).permute(0, 1, 4, 2, 5, 3)
        return parts.reshape(n, deep, h * block, w * block)

    return shuffle


@operator("SpaceToDepth", family="shape", type="PixelUnshuffle")
def build_space_to_depth(call: Call) -> Operation:
    """Blocks of pixels become channels."""
    block = call.get("blocksize", 1)
    mode = call.only("mode", "DCR", "CRD")

    def unshuffle(x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        parts = x.reshape(n, c, h // block, block, w // block, block)
        parts = parts.permute(0, 3, 5, 1, 2, 4) if mode == "DCR" else parts.permute(0, 1, 3, 5, 2, 4)
        return parts.reshape(n, c * block**2, h // block, w // block)

    return unshuffle


@operator("Trilu", since=14, host=(1,))
def build_trilu(call: Call) -> Operation:
    """The upper or lower triangle, the rest zero."""
    upper = bool(call.get("upper", 1))

    def triangle(x: Tensor, diagonal: Tensor | None = None) -> Tensor:
        shift = 0 if diagonal is None else int(diagonal)
        # beyond the matrix every shift does the same, and torch takes no more than 64 bits
        shift = max(min(shift, x.shape[-1] + x.shape[-2]), -x.shape[-1] - x.shape[-2])
        return x.triu(shift) if upper else x.tril(shift)

    return triangle
