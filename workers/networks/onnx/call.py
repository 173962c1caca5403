"""What a builder sees of a node: its attributes, each read ticked off, and the limits."""

from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor

from workers.networks.onnx.graph import Attribute, Node
from workers.networks.onnx.limits import OnnxLimits, room
from workers.networks.onnx.refusal import RefusedNetwork, shown

Value = TypeVar("Value", int, float, str, tuple[int, ...], tuple[float, ...], tuple[str, ...])


class Call:
    """One use of an operator. An attribute that its builder never asks for is one that we do not honour."""

    def __init__(self, node: Node, limits: OnnxLimits, used: Sequence[bool]) -> None:
        self.operator = node.operator
        self.opset = node.opset
        self.limits = limits
        self.given = tuple(bool(name) for name in node.inputs)
        self.used = tuple(used)
        self.torch = node.metadata.get("pkg.torch.onnx.fx_node", "")
        """The call of torch that it was, where the exporter says so."""
        self._attributes = node.attributes
        self._read: set[str] = set()

    def has(self, slot: int) -> bool:
        """Whether the input at this place is given."""
        return slot < len(self.given) and self.given[slot]

    def wants(self, output: int) -> bool:
        """Whether anything uses the output at this place."""
        return output < len(self.used) and self.used[output]

    def raw(self, name: str) -> Attribute:
        """An attribute of any kind, None where it is left out."""
        self._read.add(name)
        return self._attributes.get(name)

    def get(self, name: str, default: Value) -> Value:
        """An attribute of the kind of its default."""
        value = self.raw(name)
        if value is None:
            return default
        if not isinstance(value, type(default)):
            raise RefusedNetwork(f"the attribute {name} is of another kind than {type(default).__name__}")
        return value

    def integer(self, name: str) -> int | None:
        """An attribute that may be left out."""
        value = self.raw(name)
        return value if isinstance(value, int) else None

    def number(self, name: str) -> float | None:
        """An attribute that may be left out."""
        value = self.raw(name)
        return value if isinstance(value, float) else None

    def integers(self, name: str) -> tuple[int, ...] | None:
        """An attribute that may be left out."""
        value = self.raw(name)
        return value if isinstance(value, tuple) else None  # type: ignore[return-value]

    def only(self, name: str, default: Value, *allowed: Value) -> Value:
        """An attribute of which we honour these values alone; the default is one of them."""
        value = self.get(name, default)
        if value != default and value not in allowed:
            raise RefusedNetwork(f"{name}={shown(value, 40)} is not supported")
        return value

    def ignore(self, *names: str) -> None:
        """Attributes that change no value that anyone reads."""
        self._read.update(names)

    def room(self, *sizes: int) -> None:
        """Refuse a tensor of more numbers than one may have."""
        room(self.limits.values, *sizes)

    @property
    def unread(self) -> tuple[str, ...]:
        """Attributes that nobody asked for."""
        return tuple(sorted(set(self._attributes) - self._read))


def ints(value: Tensor | Sequence[int]) -> list[int]:
    """The numbers of a shape or index input."""
    if isinstance(value, Tensor):
        if value.numel() > 100_000:
            raise RefusedNetwork("a shape or index input has more than 100000 numbers")
        return [int(number) for number in value.reshape(-1).tolist()]
    return [int(number) for number in value]


def axis_of(axis: int, dimensions: int) -> int:
    """An axis counted from the front; refuses one that is not there."""
    if not -max(dimensions, 1) <= axis < max(dimensions, 1):
        raise RefusedNetwork(f"axis {axis} of a tensor of {dimensions} dimensions")
    return axis % max(dimensions, 1)


def together(*shapes: Sequence[int]) -> tuple[int, ...]:
    """The common shape that these broadcast to."""
    return tuple(torch.broadcast_shapes(*shapes))  # type: ignore[no-untyped-call]


def broadcast(call: Call, *values: Tensor) -> None:
    """Refuse operands whose common shape is too large."""
    if len({value.shape for value in values}) > 1:
        call.room(*together(*(value.shape for value in values)))
