"""Which nodes of a file nobody here can run, all in one error."""

from collections import defaultdict

from service.errors import Problem
from workers.networks.onnx.graph import Graph, Node
from workers.networks.onnx.names import scope_of
from workers.networks.onnx.refusal import RefusedNetwork, shown
from workers.networks.onnx.registry import find

_LISTED = 200


def refuse_unsupported(graph: Graph) -> None:
    """Raise one error with every unsupported operator: how often, at which node first, in which layer."""
    found: dict[str, list[Node]] = defaultdict(list)
    used = {*graph.outputs, *(name for node in graph.nodes for name in node.inputs)}
    for node in graph.nodes:
        reason = _reason(node, used)
        if reason:
            found[reason].append(node)
    if found:
        problems = tuple(_problem(reason, nodes) for reason, nodes in list(found.items())[:_LISTED])
        listed = "; ".join(problem.message for problem in problems[:20])
        raise RefusedNetwork(f"The network uses what cannot be trained here: {listed}.", problems)


def _reason(node: Node, used: set[str]) -> str | None:
    name = f"{shown(node.domain, 60)}.{shown(node.operator, 60)}" if node.domain else shown(node.operator, 60)
    entry = find(node.operator, node.domain, node.opset)
    if entry is None:
        return name if node.domain else f"{name} (opset {node.opset})"
    extra = [
        number for number, output in enumerate(node.outputs) if output in used and number >= entry.outputs
    ]
    return f"{name} with its output {extra[0]} in use" if extra and extra[0] else None


def _problem(reason: str, nodes: list[Node]) -> Problem:
    first = nodes[0]
    layer = scope_of(first)
    place = f"first at node {shown(first.name or first.outputs[0], 100)}" + (f" in {layer}" if layer else "")
    return Problem(pointer="/network/onnx", message=f"{reason}: {len(nodes)} times, {place}")
