"""A matrix product and the bias that is added to it are one layer, as the user wrote it."""

from collections import Counter
from dataclasses import replace

from workers.networks.onnx.graph import Graph, Node


def fuse_biases(graph: Graph, parameters: frozenset[str]) -> Graph:
    """The same network where each such pair is one MatMul of three inputs, which no file can hold itself."""
    uses = Counter(name for node in graph.nodes for name in node.inputs) + Counter(graph.outputs)
    products = {
        node.outputs[0]: node
        for node in graph.nodes
        if node.operator == "MatMul" and not node.domain and uses[node.outputs[0]] == 1
    }
    gone: set[str] = set()
    nodes = []
    for node in graph.nodes:
        product, bias = _pair(node, products, graph, parameters)
        if product is None:
            nodes.append(node)
        else:
            gone.add(product.outputs[0])
            nodes.append(replace(product, inputs=(*product.inputs, bias), outputs=node.outputs))
    return replace(graph, nodes=tuple(node for node in nodes if node.outputs[0] not in gone))


def _pair(
    node: Node, products: dict[str, Node], graph: Graph, parameters: frozenset[str]
) -> tuple[Node | None, str]:
    if node.operator == "Add" and not node.domain:
        for product, bias in (node.inputs, node.inputs[::-1]):
            if product in products and bias in parameters and graph.initializers[bias].dim() == 1:
                return products[product], bias
    return None, ""
