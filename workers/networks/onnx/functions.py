"""Model-local functions: counted bottom-up before any is expanded, then written out in place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count

from onnx import AttributeProto, FunctionProto, ModelProto, NodeProto

from workers.networks.onnx.limits import OnnxLimits
from workers.networks.onnx.refusal import RefusedNetwork, shown

Key = tuple[str, str, str]
_NAME = 500


def key_of(proto: NodeProto | FunctionProto) -> Key:
    """What a function is called by: domain, name and overload; ONNX has two spellings of its own domain."""
    name = proto.op_type if isinstance(proto, NodeProto) else proto.name
    return ("" if proto.domain == "ai.onnx" else proto.domain, name, proto.overload)


def functions_of(model: ModelProto) -> dict[Key, FunctionProto]:
    """The functions of a model by key; refuses a key that is defined twice."""
    found: dict[Key, FunctionProto] = {}
    for function in model.functions:
        key = key_of(function)
        if key in found:
            raise RefusedNetwork(f"The function {shown(function.name)} is defined twice.")
        found[key] = function
    return found


def count_expanded(
    nodes: Sequence[NodeProto], functions: Mapping[Key, FunctionProto], limits: OnnxLimits
) -> int:
    """Nodes after expansion, each function counted once; refuses recursion and too deep a nesting."""
    sizes: dict[Key, int] = {}

    def size(body: Sequence[NodeProto], path: tuple[Key, ...]) -> int:
        if len(path) > limits.function_depth:
            raise RefusedNetwork(f"Functions are nested deeper than {limits.function_depth}.")
        total = 0
        for node in body:
            key = key_of(node)
            if key in path:
                raise RefusedNetwork(f"The function {shown(key[1])} calls itself.")
            if key in functions:
                if key not in sizes:
                    sizes[key] = size(functions[key].node, (*path, key))
                total += sizes[key]
            else:
                total += 1
        return total

    return size(nodes, ())


def expand(
    nodes: Iterable[NodeProto],
    functions: Mapping[Key, FunctionProto],
    opsets: Mapping[str, int],
    calls: Iterator[int] | None = None,
) -> Iterator[tuple[NodeProto, int]]:
    """Every node of the written-out graph with the opset of its domain; inner names become unique.

    One copy at a time: what a call repeats (constants, metadata) must not be held once per node of its body.
    """
    calls = count() if calls is None else calls
    for node in nodes:
        function = functions.get(key_of(node))
        if function is None:
            yield node, opsets.get("" if node.domain == "ai.onnx" else node.domain, 0)
            continue
        inner = {
            "" if entry.domain == "ai.onnx" else entry.domain: entry.version
            for entry in function.opset_import
        }
        yield from expand(_body(node, function, f"/{next(calls)}"), functions, inner, calls)


def _body(call: NodeProto, function: FunctionProto, prefix: str) -> Iterator[NodeProto]:
    names = {"": ""}
    given = [*call.input, *[""] * (len(function.input) - len(call.input))]
    names.update(zip(function.input, given, strict=False))
    wanted = [*call.output, *[""] * (len(function.output) - len(call.output))]
    produced = {name for node in function.node for name in node.output}
    passed = [
        NodeProto(op_type="Identity", input=[names.get(inner, inner)], output=[outer])
        for inner, outer in zip(function.output, wanted, strict=False)
        if outer and inner not in produced
    ]
    for inner, outer in zip(function.output, wanted, strict=False):
        if outer and inner in produced:
            if inner in names:
                passed.append(NodeProto(op_type="Identity", input=[names[inner]], output=[outer]))
            else:
                names[inner] = outer
    attributes = {attribute.name: attribute for attribute in function.attribute_proto}
    attributes.update((attribute.name, attribute) for attribute in call.attribute)
    for node in function.node:
        yield _renamed(node, call, names, attributes, prefix)
    yield from passed


def _renamed(
    node: NodeProto,
    call: NodeProto,
    names: Mapping[str, str],
    attributes: Mapping[str, AttributeProto],
    prefix: str,
) -> NodeProto:
    copy = NodeProto()
    copy.CopyFrom(node)
    copy.name = (f"{call.name}/{node.name}" if call.name else node.name)[-_NAME:]
    copy.ClearField("input")
    copy.input.extend(names.get(name, f"{prefix}/{name}") for name in node.input)
    copy.ClearField("output")
    copy.output.extend(names.get(name, f"{prefix}/{name}") for name in node.output)
    copy.ClearField("attribute")
    for attribute in node.attribute:
        if not attribute.ref_attr_name:
            copy.attribute.append(attribute)
        elif attribute.ref_attr_name in attributes:
            copy.attribute.append(attributes[attribute.ref_attr_name])
            copy.attribute[-1].name = attribute.name
    if not node.metadata_props:
        copy.metadata_props.extend(call.metadata_props)
    return copy
