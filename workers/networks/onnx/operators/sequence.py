"""Lists of tensors as far as exports use them: torch's chunk and split become a list and places in it."""

import torch
from torch import Tensor

from workers.networks.onnx.call import Call, ints
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.registry import Operation, operator


@operator("SplitToSequence", since=11, family="shape", host=(1,), pure=False)
def build_split_to_sequence(call: Call) -> Operation:
    """Into a list of parts, each of the same size or of its own."""
    axis, keep = call.get("axis", 0), bool(call.get("keepdims", 1))

    def split(x: Tensor, sizes: Tensor | None = None) -> list[Tensor]:
        if sizes is None:
            parts = x.unbind(axis)
            return [part.unsqueeze(axis) for part in parts] if keep else list(parts)
        if sizes.dim():
            return list(torch.split_with_sizes(x, ints(sizes), axis))
        size = int(sizes)
        if size < 1:
            raise RefusedNetwork(f"parts of size {size}")
        whole, rest = divmod(x.shape[axis], size)
        return list(torch.split_with_sizes(x, [size] * whole + [rest] * bool(rest), axis))

    return split


@operator("SequenceAt", since=11, family="shape", host=(1,), pure=False)
def build_sequence_at(_: Call) -> Operation:
    """One tensor of a list."""

    def at(parts: list[Tensor], place: Tensor) -> Tensor:
        number = int(place)
        if not -len(parts) <= number < len(parts):
            raise RefusedNetwork(f"part {number} of {len(parts)}")
        return parts[number]

    return at
