"""From a checked description to modules: constants folded, parameters placed, nodes in a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workers.networks.onnx.call import Call
from workers.networks.onnx.fuse import fuse
from workers.networks.onnx.graph import Graph, Node, needed
from workers.networks.onnx.inputs import entry_of
from workers.networks.onnx.limits import OnnxLimits
from workers.networks.onnx.names import safe, unique
from workers.networks.onnx.network import Constant, NodeModule, OnnxNetwork, Step
from workers.networks.onnx.options import Options
from workers.networks.onnx.refusal import REFUSALS, RefusedNetwork, shown
from workers.networks.onnx.registry import Operator, find, operators, tensors
from workers.networks.onnx.roles import parameters_of


@dataclass(frozen=True)
class Assembled:
    """The network, and what describing it needs."""

    network: OnnxNetwork
    nodes: tuple[Node, ...]
    """The node of each step."""
    entries: tuple[Operator, ...]
    """What built each step."""
    leaves: tuple[tuple[str, ...], ...]
    """Initializers that are parameters of each step, through all that is computed from them alone."""
    owned: tuple[tuple[str, ...], ...]
    """Those of them that it takes directly."""
    carries: tuple[bool, ...]
    """Whether the network's input flows through it."""
    parameters: frozenset[str]
    constants: frozenset[str]


def assemble(graph: Graph, options: Options) -> Assembled:
    """Build every node that an output needs; raises RefusedNetwork with the node."""
    operators()
    parameters = parameters_of(graph, options.overrides)
    graph = fuse(graph, parameters)
    outputs = _wanted(graph, options)
    builder = _Builder(graph, options, parameters, _aliases(graph))
    for node in needed(graph.nodes, outputs):
        builder.add(node)
    return builder.finish(outputs)


def _wanted(graph: Graph, options: Options) -> tuple[str, ...]:
    missing = [name for name in options.outputs if name not in graph.outputs]
    if missing:
        there = ", ".join(shown(name, 60) for name in graph.outputs[:20])
        raise RefusedNetwork(f"There is no output {shown(missing[0])}; the file has {there}.")
    return tuple(options.outputs) or graph.outputs


def _aliases(graph: Graph) -> dict[str, str]:
    """Names that exporters give a shared weight through Identity."""
    alias: dict[str, str] = {}
    for node in graph.nodes:
        if node.operator == "Identity" and not node.domain:
            source = alias.get(node.inputs[0], node.inputs[0])
            if source in graph.initializers:
                alias[node.outputs[0]] = source
    return alias


class _Builder:
    def __init__(
        self, graph: Graph, options: Options, parameters: frozenset[str], alias: Mapping[str, str]
    ) -> None:
        self.graph, self.options, self.alias = graph, options, alias
        self.weights = {
            name: nn.Parameter(graph.initializers[name]) for name in graph.initializers if name in parameters
        }
        self.known = {name: value for name, value in graph.initializers.items() if name not in parameters}
        self.held: dict[str, Constant] = {}
        self.folded = 0
        self.used = {*graph.outputs, *(name for node in graph.nodes for name in node.inputs)}
        self.steps: list[tuple[NodeModule, Node, tuple[str, ...], tuple[str, ...]]] = []
        self.entries: list[Operator] = []
        self.leaves: list[tuple[str, ...]] = []
        self.owned: list[tuple[str, ...]] = []
        self.carries: list[bool] = []
        self.carrying = {value.name for value in graph.inputs}
        self.leaves_of: dict[str, tuple[str, ...]] = {}

    def add(self, node: Node) -> None:
        if node.outputs[0] in self.alias:
            return
        entry = find(node.operator, node.domain, node.opset)
        if entry is None:
            raise RefusedNetwork(f"{shown(node.operator)} is not supported")
        try:
            self._place(node, entry)
        except RefusedNetwork as error:
            raise RefusedNetwork(f"{_place_of(node)}: {error.detail}") from None
        except REFUSALS as error:
            raise RefusedNetwork(f"{_place_of(node)}: {shown(error, 300)}") from None

    def _place(self, node: Node, entry: Operator) -> None:
        call = Call(node, self.options.limits, [name in self.used for name in node.outputs])
        operation = entry.build(call)
        if call.unread:
            raise RefusedNetwork(f"the attribute {shown(call.unread[0], 60)} is not supported")
        inputs = tuple(self.alias.get(name, name) for name in node.inputs)
        if entry.pure and all(not name or name in self.known for name in inputs):
            self._fold(node, operation(*(self.known.get(name) for name in inputs)))
        elif node.operator in {"Shape", "Size"} and inputs[0] in self.weights:
            self._fold(node, operation(self.weights[inputs[0]]))
        else:
            self._step(node, entry, operation, inputs)

    def _fold(self, node: Node, made: object) -> None:
        for name, value in zip(node.outputs, tensors(made), strict=False):
            self.folded += value.nbytes
            if self.folded > self.options.limits.folded_bytes:
                raise RefusedNetwork(
                    f"its constants compute to more than {self.options.limits.folded_bytes} bytes"
                )
            self.known[name] = value.detach()

    def _step(self, node: Node, entry: Operator, operation: object, inputs: tuple[str, ...]) -> None:
        owned = tuple(dict.fromkeys(name for name in inputs if name in self.weights))
        computed = tuple(
            name for name in inputs if name and name not in self.weights and name not in self.known
        )
        if node.operator == "BatchNormalization" and set(inputs[3:5]) & {*computed, *self.weights}:
            # weights standardised by it: its statistics are those of the weights, in inference too
            raise RefusedNetwork("running statistics that are computed from weights are not supported")
        flowing = inputs[:1] if node.operator == "CastLike" else computed
        carries = node.operator not in {"Shape", "Size"} and any(name in self.carrying for name in flowing)
        leaves = tuple(
            dict.fromkeys([*owned, *(leaf for name in computed for leaf in self.leaves_of.get(name, ()))])
        )
        weighted = bool(
            set(entry.weights) & {slot for slot, name in enumerate(inputs) if name in self.weights}
        )
        labels = self._labels(leaves, entry, inputs)
        slots = [self._slot(name, labels) for name in inputs]
        parameters = {labels[name]: self.weights[name] for name in leaves}
        module = NodeModule(operation, slots, parameters, entry.host)  # type: ignore[arg-type]
        outputs = tuple(name if name in self.used else "" for name in node.outputs)
        self.steps.append((module, node, computed, outputs))
        self.entries.append(entry)
        self.leaves.append(leaves)
        self.owned.append(owned if weighted else ())
        self.carries.append(carries)
        if carries:
            self.carrying.update(outputs)
        elif not weighted:
            self.leaves_of.update((name, leaves) for name in outputs if name)

    def _slot(self, name: str, labels: Mapping[str, str]) -> str | Constant | None:
        if not name:
            return None
        if name in self.known:
            return self._hold(name)
        return labels.get(name, "") if name in self.weights else ""

    def _hold(self, name: str) -> Constant:
        if name not in self.held:
            self.held[name] = Constant(self.known[name])
        return self.held[name]

    def _labels(self, leaves: tuple[str, ...], entry: Operator, inputs: tuple[str, ...]) -> dict[str, str]:
        """Attribute names: the last element of the initializer's path, else what the operator calls it."""
        names = []
        for leaf in leaves:
            slot = entry.weights.get(inputs.index(leaf)) if leaf in inputs else None
            last = safe(leaf).rpartition(".")
            chosen = last[2] if last[0] else slot or "weight"
            chosen = "".join(sign if sign.isalnum() or sign == "_" else "_" for sign in chosen) or "weight"
            names.append(f"{chosen}_" if hasattr(_EMPTY, chosen) else chosen)
        return dict(zip(leaves, unique(names), strict=True))

    def finish(self, outputs: Sequence[str]) -> Assembled:
        taken = [self.alias.get(name, name) for name in outputs]
        for name in taken:
            if name in self.weights:
                raise RefusedNetwork(f"The output {shown(name)} is a parameter itself.")
        needed = set(taken)
        steps = []
        for module, node, computed, made in reversed(self.steps):
            released = tuple({*computed, *filter(None, made)} - needed)
            needed.update(computed)
            steps.append(Step(module, node.operator, computed, made, released))
        network = OnnxNetwork(
            steps[::-1],
            [value.name for value in self.graph.inputs],
            [self._hold(name) if name in self.known else name for name in taken],
            entry_of(self.graph, self.options),
        )
        network.names = tuple(outputs)
        reached = {leaf for leaves in self.leaves for leaf in leaves}
        network.parameter_of = {name: weight for name, weight in self.weights.items() if name in reached}
        network.constant_of = {
            name: held for name, held in self.held.items() if name in self.graph.initializers
        }
        return Assembled(
            network=network,
            nodes=tuple(node for _, node, _, _ in self.steps),
            entries=tuple(self.entries),
            leaves=tuple(self.leaves),
            owned=tuple(self.owned),
            carries=tuple(self.carries),
            parameters=frozenset(network.parameter_of),
            constants=frozenset(
                name for name in self.graph.initializers if name in self.known and name in self.used
            ),
        )


_EMPTY = NodeModule(lambda: torch.zeros(0), (), {}, frozenset())


def _place_of(node: Node) -> str:
    return f"{shown(node.operator, 60)} {shown(node.name or node.outputs[0], 100)}"


def check_sizes(limits: OnnxLimits, values: Sequence[Tensor]) -> None:
    """Refuse tensors that are larger than one may be, whatever made them."""
    for value in values:
        if isinstance(value, Tensor) and value.numel() > limits.values:
            raise RefusedNetwork(f"makes a tensor of {value.numel()} numbers; the limit is {limits.values}")
