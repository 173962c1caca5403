"""A network from a file as a module: a plain list of nodes, each run once, in the order of the file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from service.schemas.plan import Layer
from service.schemas.plan import Tensor as PlannedTensor
from workers.networks.onnx.graph import Node
from workers.networks.onnx.inputs import Entry
from workers.networks.onnx.registry import Operation, tensors

_HOST = 64
"""Whole numbers up to this count stay on the host: they are sizes and axes, read as numbers."""


class Constant(nn.Module):
    """A tensor of the file that is not trained, shared by all nodes that take it."""

    value: Tensor

    def __init__(self, value: Tensor) -> None:
        super().__init__()
        if value.dtype.is_floating_point or value.numel() > _HOST:
            # What was expanded has one number for many places, and could not be written to again.
            self.register_buffer("value", value.contiguous())
        else:
            self.value = value


class NodeModule(nn.Module):
    """One operator with its parameters and constants; called with the values that are computed.

    `slots` has one entry per input in the operator's order: None where it is left out, the name of a
    parameter of this module, a constant, or an empty string for a computed value.
    """

    def __init__(
        self,
        operation: Operation,
        slots: Sequence[str | Constant | None],
        parameters: Mapping[str, nn.Parameter],
        host: frozenset[int],
    ) -> None:
        super().__init__()
        self.operation = operation
        self.slots = [slot if isinstance(slot, str) else None for slot in slots]
        self.host = host
        self.constants = nn.ModuleDict(
            {str(n): slot for n, slot in enumerate(slots) if isinstance(slot, Constant)}
        )
        for name, parameter in parameters.items():
            self.register_parameter(name, parameter)

    def forward(self, *computed: Tensor) -> Tensor | tuple[Tensor, ...]:
        """What the operator gives for its computed inputs."""
        values: list[Tensor | None] = []
        waiting = iter(computed)
        for place, slot in enumerate(self.slots):
            if slot == "":
                values.append(next(waiting))
            elif slot is not None:
                values.append(self.get_parameter(slot))
            elif str(place) in self.constants:
                values.append(self.constants[str(place)].value)  # type: ignore[arg-type]
            else:
                values.append(None)
        result: Tensor | tuple[Tensor, ...] = self.operation(*self._together(values))
        return result

    def table(self, axis: object) -> int | None:
        """How many places its first input has along an axis, where that is a tensor of the file."""
        slot = self.slots[0]
        held = self.constants["0"].value if "0" in self.constants else None
        value = self.get_parameter(slot) if slot else held
        return value.shape[axis] if isinstance(value, Tensor) and isinstance(axis, int) else None

    def _together(self, values: list[Tensor | None]) -> list[Tensor | None]:
        """All on one device: what is computed from sizes lives on the host until it meets the accelerator."""
        devices = (value.device for value in values if isinstance(value, Tensor))
        away = next((device for device in devices if device.type != "cpu"), None)
        if away is None:
            return values
        return [
            value.to(away) if isinstance(value, Tensor) and place not in self.host else value
            for place, value in enumerate(values)
        ]


@dataclass(frozen=True)
class Step:
    """One node that runs in every forward."""

    module: NodeModule
    operator: str
    inputs: tuple[str, ...]
    """Names of the values that it takes."""
    outputs: tuple[str, ...]
    """Names of the values that it gives; an empty one is not used."""
    released: tuple[str, ...]
    """Names of the values that nothing after it needs."""


@dataclass(frozen=True)
class OnnxLayer:
    """A layer of the network, with where it came from."""

    layer: Layer
    operator: str
    parameters: tuple[str, ...]
    """Names of the initializers that are its parameters."""
    source: str | None
    """`path:line` in the user's repository, where the file carries it."""
    step: int
    """Place among the steps of the network."""


@dataclass(frozen=True)
class Seen:
    """What a value was in the first run."""

    shape: tuple[int, ...]
    dtype: torch.dtype


@dataclass(frozen=True)
class Report:
    """What the file turned out to hold."""

    parameters: Mapping[str, tuple[int, ...]]
    constants: Mapping[str, tuple[int, ...]]
    unused: tuple[str, ...]
    """Initializers that no output needs."""
    lost: tuple[str, ...]
    """What the export has taken from the network, one sentence each."""
    batch: int | None
    """The only batch size that the file works with; None where any does."""
    opset: int
    producer: str
    input: tuple[str, tuple[int, ...]]
    """Where the data enter, and the shape of one example."""
    output: tuple[str, tuple[int, ...]]
    """The first output, and its shape for one example."""


def _no_number(entry: Entry | None) -> Tensor:
    real = entry is not None and entry.dtype.is_floating_point
    return torch.empty(0, dtype=entry.dtype if entry is not None and real else torch.float32)


class OnnxNetwork(nn.Module):
    """Runs the nodes in order; an output is let go as soon as no later node needs it.

    `layers` maps each depth to its module; the nodes between them work on sizes, masks and weights alone.
    """

    planned: tuple[OnnxLayer, ...] = ()
    report: Report
    input: PlannedTensor
    """One example of what flows in, with the number of different integers where it holds integers."""
    output: PlannedTensor
    """One example of the first output."""
    names: tuple[str, ...]
    """Names of the outputs in the file."""
    nodes: tuple[Node, ...]
    """The node of each step, after edits; a bias that is added to a product is its third input."""
    seen: Mapping[str, Seen]
    """What every value was in the first run."""
    real: Tensor
    """No number, but of the type in which real data are taken: it follows the network's own."""
    output_depth: int
    """Depth of the layer that the first output comes from."""

    def __init__(
        self,
        steps: Sequence[Step],
        inputs: Sequence[str],
        outputs: Sequence[str | Constant],
        entry: Entry | None = None,
    ) -> None:
        super().__init__()
        self.steps = tuple(steps)
        self.inputs = tuple(inputs)
        self.entry = entry
        self.outputs = tuple(outputs)
        self.layers: dict[int, NodeModule] = {}
        self.parameter_of: dict[str, nn.Parameter] = {}
        """Parameters by the name of their initializer."""
        self.constant_of: dict[str, Constant] = {}
        """The other initializers that are used."""
        self.register_buffer("real", _no_number(entry), persistent=False)
        self._registered = nn.ModuleList(step.module for step in self.steps)

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        """The output, or all of them where the file has several."""
        values = self.given(*inputs)
        for _ in self.execute(values):
            pass
        return self.taken(values)

    def given(self, *inputs: Tensor) -> dict[str, Tensor]:
        """The inputs by name; with an entry the data alone are handed in, in any type."""
        if self.entry is not None:
            (x,) = inputs
            kept = self.entry.dtype.is_floating_point
            return self.entry.given(x, self.real.dtype if kept else self.entry.dtype)
        return dict(zip(self.inputs, inputs, strict=True))

    def taken(self, values: Mapping[str, Tensor]) -> Tensor | tuple[Tensor, ...]:
        """The output, or all of them, from the values that are left after a run."""
        found = tuple(name.value if isinstance(name, Constant) else values[name] for name in self.outputs)
        return found[0] if len(found) == 1 else found

    def execute(self, values: dict[str, Tensor]) -> Iterator[tuple[Step, tuple[Any, ...]]]:
        """Run node after node on `values`, which it changes; yields each with what it gave."""
        for step in self.steps:
            made = tensors(step.module(*(values[name] for name in step.inputs)))
            if any(step.outputs[len(made) :]):
                raise ValueError(f"{len(made)} values where {len(step.outputs)} are used")
            values.update((name, value) for name, value in zip(step.outputs, made, strict=False) if name)
            yield step, made
            for name in step.released:
                values.pop(name, None)
