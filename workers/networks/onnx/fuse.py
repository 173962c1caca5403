"""Nodes that together are one layer, as the user wrote it: a product with its bias, a value times its sigmoid."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from workers.networks.onnx.graph import Graph, Node

_SWISH = 24


def fuse(graph: Graph, parameters: frozenset[str]) -> Graph:
    """The same network where each such pair is one node.

    A product with its bias is a MatMul of three inputs, which no file can hold itself; a value times its
    sigmoid is Swish, whatever the file's opset.
    """
    uses = Counter(name for node in graph.nodes for name in node.inputs) + Counter(graph.outputs)
    once = {
        node.outputs[0]: node
        for node in graph.nodes
        if node.operator in {"MatMul", "Sigmoid"} and not node.domain and uses[node.outputs[0]] == 1
    }
    gone: set[str] = set()
    nodes = []
    for node in graph.nodes:
        pair = next(_pairs(node, once, graph, parameters), None)
        if pair is None:
            nodes.append(node)
        else:
            gone.add(pair[0].outputs[0])
            nodes.append(pair[1])
    return replace(graph, nodes=tuple(node for node in nodes if node.outputs[0] not in gone))


def _pairs(
    node: Node, once: Mapping[str, Node], graph: Graph, parameters: frozenset[str]
) -> Iterator[tuple[Node, Node]]:
    """The node that this one belongs to, and both as one."""
    if node.domain or node.operator not in {"Add", "Mul"} or len(node.inputs) != 2:
        return
    for inner, other in (node.inputs, node.inputs[::-1]):
        first = once.get(inner)
        if first is None:
            continue
        if node.operator == "Add" and first.operator == "MatMul" and len(first.inputs) == 2:
            if other in parameters and graph.initializers[other].dim() == 1:
                joined = replace(first, inputs=(*first.inputs, other), outputs=node.outputs)
                yield first, replace(joined, label=node.label or first.label)
        elif node.operator == "Mul" and first.operator == "Sigmoid" and first.inputs == (other,):
            joined = replace(first, operator="Swish", opset=max(_SWISH, node.opset), outputs=node.outputs)
            yield first, replace(joined, label=node.label or first.label)
