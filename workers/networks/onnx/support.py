"""What of a file nobody here can run, all of it in one error."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from service.schemas.run import Obstacle
from workers.networks.onnx.call import Call
from workers.networks.onnx.graph import Graph, Node, needed
from workers.networks.onnx.limits import OnnxLimits
from workers.networks.onnx.names import scope_of
from workers.networks.onnx.refusal import REFUSALS, RefusedNetwork, shown
from workers.networks.onnx.registry import find

_LISTED = 200


def refuse_unsupported(graph: Graph, limits: OnnxLimits, outputs: Sequence[str] = ()) -> None:
    """Raise one error with every operator, output and attribute that is not supported.

    Each with how often, at which node first and in which layer. Where outputs are named, what they do not
    need may be anything.
    """
    found: dict[str, list[Node]] = defaultdict(list)
    wanted = [name for name in outputs if name in graph.outputs] or graph.outputs
    nodes = needed(graph.nodes, wanted)
    used = {*wanted, *(name for node in nodes for name in node.inputs)}
    for node in nodes:
        reason = _reason(node, used, limits)
        if reason:
            found[reason].append(node)
    if found:
        obstacles = tuple(_obstacle(reason, those) for reason, those in list(found.items())[:_LISTED])
        listed = "; ".join(obstacle.message for obstacle in obstacles[:20])
        raise RefusedNetwork(f"The network uses what cannot be trained here: {listed}.", obstacles)


def _reason(node: Node, used: Collection[str], limits: OnnxLimits) -> str | None:
    name = _title(node)
    entry = find(node.operator, node.domain, node.opset)
    if entry is None:
        return name if node.domain else f"{name} (opset {node.opset})"
    extra = [place for place, output in enumerate(node.outputs) if output in used and place >= entry.outputs]
    if extra:
        return f"{name} with its output {extra[0]} in use"
    call = Call(node, limits, [name in used for name in node.outputs])
    try:
        entry.build(call)
    except RefusedNetwork as error:
        return f"{name}: {error.detail}"
    except REFUSALS as error:
        return f"{name}: {shown(error)}"
    return f"{name}: the attribute {shown(call.unread[0], 60)} is not supported" if call.unread else None


def _title(node: Node) -> str:
    operator = shown(node.operator, 60)
    return f"{shown(node.domain, 60)}.{operator}" if node.domain else operator


def _obstacle(reason: str, nodes: list[Node]) -> Obstacle:
    first = nodes[0]
    layer, name = scope_of(first), shown(first.name or first.outputs[0], 100)
    times = "once" if len(nodes) == 1 else f"{len(nodes)} times, first"
    return Obstacle(
        message=f"{reason}: {times} at node {name}{f' in {layer}' if layer else ''}",
        pointer="/network/onnx",
        operator=_title(first),
        count=len(nodes),
        node=name,
        layer=layer or None,
    )
