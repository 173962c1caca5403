"""Bytes to a checked description of the network; the only place that parses a client's file.

No shape inference, no full check, no inlining of onnx's own: each of them hangs or takes gigabytes on small
hostile files. The caller runs this in a process that may die.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, ValueInfoProto
from torch import Tensor

from workers.networks.onnx.checks import check
from workers.networks.onnx.functions import expand, functions_of
from workers.networks.onnx.graph import Attribute, Graph, GraphInput, Node
from workers.networks.onnx.limits import OnnxLimits
from workers.networks.onnx.names import safe
from workers.networks.onnx.refusal import RefusedNetwork, shown
from workers.networks.onnx.support import refuse_unsupported
from workers.networks.onnx.tensors import dtype_name, to_torch

KIND = "pkg.torch.export.graph_signature.InputSpec.kind"
"""Where torch's exporter says what an initializer was."""
LABEL = "gradclinic.layer"
"""Where our own files say what the layer of a node is called."""
WHOLE = "gradclinic.whole"
"""Where our client says that it held the file against its network and nothing was lost."""
_METADATA_LENGTH = 10_000
_METADATA = ("name_scopes", "stack_trace", "fx_node", "rule_name")


def read(
    data: bytes, limits: OnnxLimits | None = None, outputs: Sequence[str] = (), *, first: bool = False
) -> Graph:
    """The network in a file; raises RefusedNetwork, for unsupported operators with all of them listed.

    Only what the wanted outputs need has to be supported: those that are named, else the first or all.
    """
    limits = limits or OnnxLimits()
    if len(data) > limits.file_bytes:
        raise RefusedNetwork(f"The file has {len(data)} bytes; the limit is {limits.file_bytes}.")
    model = _parse(data)
    try:
        check(model, limits)
        graph = _described(model, limits)
        refuse_unsupported(graph, limits, outputs or graph.outputs[: 1 if first else None])
    except (TypeError, ValueError, AttributeError) as error:
        # protobuf gives bytes where a string is no UTF-8, and every use of it fails
        raise RefusedNetwork(f"The file is not ONNX: {shown(error)}") from None
    # after our own list, which says more than the checker's first complaint
    try:
        onnx.checker.check_model(data)
    except (onnx.checker.ValidationError, ValueError, RuntimeError) as error:
        raise RefusedNetwork(f"The file is not a valid ONNX model: {shown(error, 400)}") from None
    return graph


def _parse(data: bytes) -> ModelProto:
    try:
        model = onnx.load_model_from_string(data)
    except (DecodeError, ValueError, RuntimeError, UnicodeDecodeError) as error:
        raise RefusedNetwork(f"The file is not ONNX: {shown(error)}") from None
    if not isinstance(model, ModelProto) or not model.HasField("graph"):
        raise RefusedNetwork("The file holds no ONNX graph.")
    return model


def _described(model: ModelProto, limits: OnnxLimits) -> Graph:
    graph = model.graph
    opsets = {
        "" if entry.domain == "ai.onnx" else entry.domain: entry.version for entry in model.opset_import
    }
    initializers = {tensor.name: to_torch(tensor) for tensor in graph.initializer}
    nodes = tuple(_nodes(model, opsets, limits))
    inputs = tuple(_input(value) for value in graph.input if value.name not in initializers)
    outputs = tuple(_output(value) for value in graph.output)
    _check_order(nodes, {*initializers, *(value.name for value in inputs)}, outputs)
    return Graph(
        nodes=nodes,
        inputs=inputs,
        outputs=outputs,
        initializers=initializers,
        origins=dict(_origins(graph)),
        opset=opsets[""],
        producer=shown(model.producer_name, 60),
        whole=any(entry.key == WHOLE and entry.value == "yes" for entry in model.metadata_props),
    )


def _nodes(model: ModelProto, opsets: Mapping[str, int], limits: OnnxLimits) -> Iterator[Node]:
    """A constant inside a function is made once per call of it, so its bytes count each time."""
    made = 0
    for proto, opset in expand(model.graph.node, functions_of(model), opsets):
        node = _node(proto, opset)
        made += sum(value.nbytes for value in node.attributes.values() if isinstance(value, Tensor))
        if made > limits.constant_bytes:
            raise RefusedNetwork(f"Its constants take more than {limits.constant_bytes} bytes.")
        yield node


def _origins(graph: GraphProto) -> Iterator[tuple[str, str]]:
    for value in graph.value_info:
        for entry in value.metadata_props:
            if entry.key == KIND:
                yield value.name, entry.value


def _node(proto: NodeProto, opset: int) -> Node:
    return Node(
        operator=proto.op_type,
        domain="" if proto.domain == "ai.onnx" else proto.domain,
        opset=opset,
        name=proto.name,
        inputs=tuple(proto.input),
        outputs=tuple(proto.output),
        attributes={attribute.name: _attribute(attribute) for attribute in proto.attribute},
        metadata={
            entry.key: str(entry.value)[:_METADATA_LENGTH]
            for entry in proto.metadata_props
            if entry.key.endswith(_METADATA)
        },
        label=next((safe(entry.value) for entry in proto.metadata_props if entry.key == LABEL), ""),
    )


def _attribute(proto: AttributeProto) -> Attribute:
    kinds = AttributeProto
    match proto.type:
        case kinds.INT:
            return int(proto.i)
        case kinds.FLOAT:
            return _decimal(proto.f)
        case kinds.STRING:
            return proto.s.decode("utf-8", "replace")
        case kinds.INTS:
            return tuple(proto.ints)
        case kinds.FLOATS:
            return tuple(map(_decimal, proto.floats))
        case kinds.STRINGS:
            return tuple(text.decode("utf-8", "replace") for text in proto.strings)
        case kinds.TENSOR if proto.t.data_type != onnx.TensorProto.STRING:
            return to_torch(proto.t)
    return None


def _decimal(number: float) -> float:
    """The file keeps 32 bits of an eps of 1e-5: what was written before that, so that it rounds as the original."""
    return float(str(np.float32(number)))


def _input(value: ValueInfoProto) -> GraphInput:
    if not value.type.HasField("tensor_type"):
        raise RefusedNetwork(f"The input {shown(value.name)} is no tensor.")
    kind = value.type.tensor_type
    shape = tuple(
        int(size.dim_value) if size.HasField("dim_value") else (shown(size.dim_param) or None)
        for size in kind.shape.dim
    )
    return GraphInput(value.name, dtype_name(kind.elem_type).lower(), shape)


def _output(value: ValueInfoProto) -> str:
    if value.type.WhichOneof("value") not in {"tensor_type", None}:
        raise RefusedNetwork(f"The output {shown(value.name)} is no tensor.")
    return str(value.name)


def _check_order(nodes: tuple[Node, ...], known: set[str], outputs: tuple[str, ...]) -> None:
    for node in nodes:
        for name in node.inputs:
            if name and name not in known:
                raise RefusedNetwork(
                    f"{shown(node.operator)} {shown(node.name)} takes {shown(name)}, which nothing before it gives: "
                    "the graph has a cycle, is out of order or incomplete."
                )
        for name in node.outputs:
            if name and name in known:
                raise RefusedNetwork(f"The value {shown(name)} is made twice.")
            known.add(name)
    missing = [name for name in outputs if name not in known]
    if missing:
        raise RefusedNetwork(f"Nothing gives the output {shown(missing[0])}.")
