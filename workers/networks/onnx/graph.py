"""A checked file as plain values: nodes in order, functions expanded, tensors of torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from torch import Tensor

Attribute: TypeAlias = (
    int | float | str | Tensor | tuple[int, ...] | tuple[float, ...] | tuple[str, ...] | None
)
"""None stands for a kind of attribute that no supported operator takes (a subgraph, a type)."""


@dataclass(frozen=True)
class Node:
    """One operator as the file has it; an input that is left out is the empty string."""

    operator: str
    domain: str
    opset: int
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    """Name of its layer where that is settled already; else it is found from what the exporter wrote."""

    @property
    def gives(self) -> str:
        """Name of the first value that it gives and that has a name."""
        return next(filter(None, self.outputs), "")


@dataclass(frozen=True)
class GraphInput:
    """What flows in: sizes are numbers where frozen, names where free, None where the file says nothing."""

    name: str
    dtype: str
    shape: tuple[int | str | None, ...]


@dataclass(frozen=True)
class Graph:
    """Everything of the file that building and naming need."""

    nodes: tuple[Node, ...]
    inputs: tuple[GraphInput, ...]
    outputs: tuple[str, ...]
    initializers: Mapping[str, Tensor]
    origins: Mapping[str, str]
    """What the exporter says an initializer was: PARAMETER, BUFFER, CONSTANT_TENSOR; only where it says so."""
    opset: int
    producer: str
    whole: bool = False
    """Our client held the file against its network and found nothing lost."""


def needed(nodes: Sequence[Node], outputs: Sequence[str]) -> list[Node]:
    """Those of the nodes that the outputs come from, in their order."""
    wanted = set(outputs)
    kept = []
    for node in reversed(nodes):
        if wanted.intersection(filter(None, node.outputs)):
            kept.append(node)
            wanted.update(node.inputs)
    return kept[::-1]
