"""Static checks of a parsed file: sizes, names, versions, outside data; nothing is inferred or run."""

from collections.abc import Iterator

from onnx import GraphProto, ModelProto, NodeProto, TensorProto, defs

from workers.networks.onnx.functions import count_expanded, functions_of
from workers.networks.onnx.limits import OLDEST_OPSET, OnnxLimits
from workers.networks.onnx.refusal import RefusedNetwork, shown
from workers.networks.onnx.tensors import check_tensor, refuse_outside


def check(model: ModelProto, limits: OnnxLimits) -> None:
    """Refuse what is over a limit or breaks a rule that building relies on."""
    _check_opset(model)
    if len(model.graph.initializer) > limits.initializers:
        raise RefusedNetwork(f"The file has more than {limits.initializers} initializers.")
    if model.graph.sparse_initializer:
        raise RefusedNetwork("Sparse initializers are not supported.")
    declared = sum(check_tensor(tensor, limits) for tensor in model.graph.initializer)
    for number, node in enumerate(_all_nodes(model, limits), start=1):
        if number > limits.nodes:
            raise RefusedNetwork(f"The file has more than {limits.nodes} nodes.")
        _check_names(node, limits)
        declared += sum(check_tensor(tensor, limits) for tensor in _tensors(node))
    if declared > limits.constant_bytes:
        raise RefusedNetwork(
            f"The file declares {declared} bytes of tensors; the limit is {limits.constant_bytes}."
        )
    expanded = count_expanded(model.graph.node, functions_of(model), limits)
    if expanded > limits.nodes:
        raise RefusedNetwork(
            f"With its functions expanded the file has {expanded} nodes; the limit is {limits.nodes}."
        )
    _check_graph_names(model.graph, limits)


def _check_opset(model: ModelProto) -> None:
    newest = defs.onnx_opset_version()
    imports = [
        *model.opset_import,
        *(entry for function in model.functions for entry in function.opset_import),
    ]
    versions = [entry.version for entry in imports if entry.domain in {"", "ai.onnx"}]
    if not any(entry.domain in {"", "ai.onnx"} for entry in model.opset_import):
        raise RefusedNetwork("The file names no version of ONNX's operators.")
    for version in versions:
        if not OLDEST_OPSET <= version <= newest:
            raise RefusedNetwork(f"Opset {version} is not supported: {OLDEST_OPSET} to {newest} are.")


def _all_nodes(model: ModelProto, limits: OnnxLimits) -> Iterator[NodeProto]:
    yield from _nodes(model.graph.node, limits, 0)
    for function in model.functions:
        yield from _nodes(function.node, limits, 0)


def _nodes(nodes: object, limits: OnnxLimits, depth: int) -> Iterator[NodeProto]:
    if depth > limits.subgraph_depth:
        raise RefusedNetwork(f"Subgraphs are nested deeper than {limits.subgraph_depth}.")
    for node in nodes:  # type: ignore[attr-defined]
        yield node
        for attribute in node.attribute:
            for graph in (attribute.g, *attribute.graphs):
                yield from _nodes(graph.node, limits, depth + 1)


def _tensors(node: NodeProto) -> Iterator[TensorProto]:
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs):
            if graph.sparse_initializer:
                raise RefusedNetwork("Sparse initializers are not supported.")
            yield from graph.initializer
        yield from attribute.tensors
        if attribute.HasField("sparse_tensor") or attribute.sparse_tensors:
            raise RefusedNetwork("Sparse tensors are not supported.")
        if attribute.HasField("t"):
            refuse_outside(attribute.t)
            if attribute.t.data_type != TensorProto.STRING:
                yield attribute.t


def _check_text(*names: object) -> None:
    """Protobuf gives bytes where a string is no UTF-8."""
    for name in names:
        if not isinstance(name, str):
            raise RefusedNetwork(f"The name {shown(name, 40)} is no text.")


def _check_names(node: NodeProto, limits: OnnxLimits) -> None:
    names = (node.name, node.op_type, node.domain, *node.input, *node.output)
    _check_text(*names, *(attribute.name for attribute in node.attribute))
    for name in names:
        if len(name) > limits.name_length:
            raise RefusedNetwork(
                f"The name {shown(name, 40)} is longer than {limits.name_length} characters."
            )
    if sum(len(entry.key) + len(entry.value) for entry in node.metadata_props) > limits.metadata_length:
        raise RefusedNetwork(
            f"The metadata of {shown(node.op_type)} is longer than {limits.metadata_length}."
        )
    for attribute in node.attribute:
        if len(attribute.s) > limits.name_length or len(attribute.name) > limits.name_length:
            raise RefusedNetwork(f"An attribute of {shown(node.op_type)} is too long.")


def _check_graph_names(graph: GraphProto, limits: OnnxLimits) -> None:
    names = [tensor.name for tensor in graph.initializer]
    _check_text(*names, *(value.name for value in (*graph.input, *graph.output)))
    if any(len(name) > limits.name_length for name in names):
        raise RefusedNetwork(f"The name of an initializer is longer than {limits.name_length} characters.")
    if len(set(names)) != len(names):
        raise RefusedNetwork("Two initializers have the same name.")
    inputs = [value.name for value in graph.input]
    if len(set(inputs)) != len(inputs):
        raise RefusedNetwork("Two inputs have the same name.")
    if not graph.output:
        raise RefusedNetwork("The file has no output.")
