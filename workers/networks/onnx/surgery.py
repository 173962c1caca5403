"""A graph under change: nodes replaced and put in behind layers, with tensors of their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from torch import Tensor

from workers.networks.onnx.graph import Graph, Node
from workers.networks.onnx.network import OnnxLayer, OnnxNetwork, Seen
from workers.networks.onnx.refusal import RefusedNetwork

_SPATIAL = frozenset({"convolution", "pooling"})
_FLAT = frozenset({"linear", "recurrent", "attention", "embedding"})
Make = Callable[[str, str], list[Node]]
"""From the names of what flows in and of what is to flow out: the nodes between."""


@dataclass(frozen=True)
class Site:
    """A layer that is to be changed: its node and what it gives."""

    layer: OnnxLayer
    node: Node
    seen: Seen

    @property
    def name(self) -> str:
        """Of the layer."""
        return self.layer.layer.name


def _spatial(network: OnnxNetwork) -> list[bool | None]:
    """Of each layer whether it, or the last before it that has weights, is a convolution; None where none is."""
    found: list[bool | None] = []
    for entry in network.planned:
        layer = entry.layer
        if layer.family in _SPATIAL or layer.family in _FLAT:
            found.append(layer.family in _SPATIAL)
        else:
            found.append(found[layer.inputs[0]] if layer.inputs and layer.inputs[0] >= 0 else None)
    return found


class Surgery:
    """One edit of a graph that was built and tried; every layer keeps its name, as it is written into its node."""

    def __init__(self, graph: Graph, network: OnnxNetwork) -> None:
        self.network = network
        self.labels = {
            network.nodes[entry.step].outputs[0]: entry.layer.name
            for entry in network.planned
            if network.nodes[entry.step].outputs[0]
        }
        self.nodes = [
            replace(node, label=self.labels.get(node.outputs[0], node.label)) for node in graph.nodes
        ]
        self.place = {node.outputs[0]: number for number, node in enumerate(self.nodes)}
        self.spatial = _spatial(network)
        self.behind: dict[int, list[Node]] = {}
        self.used = {*graph.outputs, *(name for node in graph.nodes for name in node.inputs)}
        self.graph = graph
        self.initializers = dict(graph.initializers)
        self.origins = dict(graph.origins)
        self.taken = {
            *self.initializers,
            *(name for node in self.nodes for name in (*node.inputs, *node.outputs)),
        }

    def sites(self) -> list[Site]:
        """All layers whose first output is in use."""
        by_output = {node.outputs[0]: node for node in self.nodes}
        found = []
        for entry in self.network.planned:
            node = by_output.get(self.network.nodes[entry.step].outputs[0])
            if node is not None and node.outputs[0] in self.network.seen:
                found.append(Site(entry, node, self.network.seen[node.outputs[0]]))
        return found

    def replace(self, old: Node, new: Node) -> None:
        """Put a node in another's place."""
        self.nodes[self.place[old.outputs[0]]] = new

    def put_behind(self, site: Site, make: Make) -> None:
        """Put nodes between a layer and all that take its output."""
        if any(name in self.used for name in site.node.outputs[1:]):
            raise RefusedNetwork(f"Layer {site.name} gives several values; nothing can be put behind it.")
        outer = site.node.outputs[0]
        inner = self.fresh(f"{outer}.before")
        self.replace(site.node, replace(site.node, outputs=(inner, *site.node.outputs[1:])))
        self.behind[self.place[outer]] = make(inner, outer)

    def tensor(self, name: str, value: Tensor, *, trained: bool) -> str:
        """A new initializer, under this name where it is free."""
        chosen = self.fresh(name)
        self.initializers[chosen] = value
        self.origins[chosen] = "PARAMETER" if trained else "BUFFER"
        return chosen

    def tensors(self, prefix: str, values: Mapping[str, Tensor], *, trained: bool) -> tuple[str, ...]:
        """Several new initializers below one path."""
        return tuple(
            self.tensor(f"{prefix}.{name}", value, trained=trained) for name, value in values.items()
        )

    def fresh(self, name: str) -> str:
        """This name, or it with a number behind it where it is taken."""
        chosen, number = name, 1
        while chosen in self.taken:
            number += 1
            chosen = f"{name}_{number}"
        self.taken.add(chosen)
        return chosen

    def done(self) -> Graph:
        """The changed graph."""
        nodes = [
            one for number, node in enumerate(self.nodes) for one in (node, *self.behind.get(number, ()))
        ]
        return replace(self.graph, nodes=tuple(nodes), initializers=self.initializers, origins=self.origins)
