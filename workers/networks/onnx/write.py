"""A graph and the network that was trained from it, back to a file that computes what the network does in inference."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import onnx
import torch
from onnx import AttributeProto, NodeProto, TensorProto, ValueInfoProto, defs, helper
from torch import Tensor

from workers.networks.onnx.graph import Attribute, Graph, GraphInput, Node, needed
from workers.networks.onnx.inputs import dtype_of
from workers.networks.onnx.lowering import lowered
from workers.networks.onnx.network import OnnxNetwork
from workers.networks.onnx.read import KIND, LABEL, WHOLE
from workers.networks.onnx.refusal import RefusedNetwork, shown
from workers.networks.onnx.tensors import number_of

_PRIVATE = "stack_trace"
"""Holds paths of the machine that exported the network."""
_ATTRIBUTE_KINDS = {
    defs.OpSchema.AttrType.INTS: AttributeProto.INTS,
    defs.OpSchema.AttrType.FLOATS: AttributeProto.FLOATS,
    defs.OpSchema.AttrType.STRINGS: AttributeProto.STRINGS,
    defs.OpSchema.AttrType.INT: AttributeProto.INT,
    defs.OpSchema.AttrType.FLOAT: AttributeProto.FLOAT,
    defs.OpSchema.AttrType.STRING: AttributeProto.STRING,
    defs.OpSchema.AttrType.TENSOR: AttributeProto.TENSOR,
}


def write(graph: Graph, network: OnnxNetwork) -> bytes:
    """The file, with the values that parameters and running statistics have now.

    `graph` is the one that the network was loaded from, after its edits. Dropout does nothing in it until
    it is imported again, functions are written out, and the paths of the exporting machine are gone.
    """
    nodes = [
        _node(plain) for node in needed(graph.nodes, network.names) for plain in _plain(node, graph, network)
    ]
    used = {*network.names, *(name for node in nodes for name in node.input)}
    proto = helper.make_graph(
        nodes,
        "network",
        [_input(value) for value in graph.inputs],
        [_output(name, network) for name in network.names],
        [_tensor(name, _value(name, graph, network)) for name in graph.initializers if name in used],
        value_info=list(_origins(graph, used)),
    )
    opset = helper.make_opsetid("", graph.opset)
    model = helper.make_model(
        proto,
        opset_imports=[opset],
        ir_version=helper.find_min_ir_version_for([opset], ignore_unknown=True),
        producer_name=graph.producer,
    )
    if graph.whole:
        model.metadata_props.add(key=WHOLE, value="yes")
    data: bytes = model.SerializeToString()
    onnx.checker.check_model(data)
    return data


def _plain(node: Node, graph: Graph, network: OnnxNetwork) -> Iterator[Node]:
    """The node as a file can hold it: for inference, at the file's opset, a product apart from its bias."""
    if node.operator == "BatchNormalization":
        attributes = {name: value for name, value in node.attributes.items() if name != "training_mode"}
        yield replace(node, outputs=node.outputs[:1], attributes=attributes)
    elif node.operator == "Dropout" and len(node.inputs) > 2:
        yield replace(node, inputs=node.inputs[:2])
    elif node.operator == "MatMul" and len(node.inputs) > 2:
        product = f"{node.outputs[0]}.product"
        yield replace(node, inputs=node.inputs[:2], outputs=(product,))
        yield Node("Add", "", node.opset, f"{node.name}.bias", (product, node.inputs[2]), node.outputs)
    elif _same(node, graph.opset):
        yield node
    else:
        yield from _older(node, graph, network)


def _same(node: Node, opset: int) -> bool:
    """Whether an operator means the same at the node's opset and at the file's."""
    try:
        here, there = (defs.get_schema(node.operator, version, "") for version in (node.opset, opset))
    except defs.SchemaError:
        return False
    return bool(here.since_version == there.since_version)


def _older(node: Node, graph: Graph, network: OnnxNetwork) -> Iterator[Node]:
    if node.operator == "Clip" and graph.opset < 11:
        bounds = zip(("min", "max"), node.inputs[1:], strict=False)
        attributes = {name: float(_value(bound, graph, network)) for name, bound in bounds if bound}
        return iter([replace(node, opset=graph.opset, inputs=node.inputs[:1], attributes=attributes)])
    seen = network.seen.get(node.inputs[0]) if node.inputs else None
    formula = None if seen is None else lowered(node, graph.opset, seen.dtype)
    if formula is None:
        raise RefusedNetwork(
            f"{shown(node.operator, 60)} of opset {node.opset} cannot be written into a file of opset {graph.opset}."
        )
    return formula


def _node(node: Node) -> NodeProto:
    kinds = defs.get_schema(node.operator, node.opset, "").attributes
    proto = helper.make_node(node.operator, list(node.inputs), list(node.outputs), name=node.name)
    for name, value in node.attributes.items():
        proto.attribute.append(_attribute(name, value, _ATTRIBUTE_KINDS[kinds[name].type]))
    for key, text in node.metadata.items():
        if not key.endswith(_PRIVATE):
            proto.metadata_props.add(key=key, value=text)
    if node.label:
        proto.metadata_props.add(key=LABEL, value=node.label)
    return proto


def _attribute(name: str, value: Attribute, kind: int) -> AttributeProto:
    if isinstance(value, Tensor):
        return helper.make_attribute(name, _tensor("", value))
    return helper.make_attribute(name, list(value) if isinstance(value, tuple) else value, attr_type=kind)


def _value(name: str, graph: Graph, network: OnnxNetwork) -> Tensor:
    """What an initializer holds now, in the type of the file."""
    first = graph.initializers[name]
    if name in network.parameter_of:
        return network.parameter_of[name].detach().to("cpu", first.dtype)
    held = network.constant_of.get(name)
    return first if held is None else held.value.detach().to("cpu", first.dtype)


def _tensor(name: str, value: Tensor) -> TensorProto:
    # a copy into fresh memory: of a single number even contiguous() may keep a stride of 0
    flat = torch.empty(value.numel(), dtype=value.dtype).copy_(value.detach().reshape(-1))
    return TensorProto(
        name=name,
        data_type=number_of(value.dtype),
        dims=list(value.shape),
        raw_data=flat.view(torch.uint8).numpy().tobytes(),
    )


def _input(value: GraphInput) -> ValueInfoProto:
    return helper.make_tensor_value_info(value.name, number_of(dtype_of(value)), list(value.shape))


def _output(name: str, network: OnnxNetwork) -> ValueInfoProto:
    seen = network.seen.get(name)
    if seen is None:
        raise RefusedNetwork(f"The output {shown(name)} is a constant.")
    free: Sequence[None] = [None] * len(seen.shape)
    return helper.make_tensor_value_info(name, number_of(seen.dtype), free)


def _origins(graph: Graph, used: set[str]) -> Iterator[ValueInfoProto]:
    for name, origin in graph.origins.items():
        if name in used and name in graph.initializers:
            value = graph.initializers[name]
            info = helper.make_tensor_value_info(name, number_of(value.dtype), list(value.shape))
            info.metadata_props.add(key=KIND, value=origin)
            yield info
