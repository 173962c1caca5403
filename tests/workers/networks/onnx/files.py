"""Small files made by hand."""

from collections.abc import Mapping, Sequence

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper


def tensor(name: str, *shape: int, dtype: type = np.float32, seed: int = 0) -> TensorProto:
    values = np.random.default_rng(seed).standard_normal(shape)
    return numpy_helper.from_array(values.astype(dtype), name)


def whole(name: str, *numbers: int) -> TensorProto:
    return numpy_helper.from_array(np.array(numbers, dtype=np.int64), name)


def model(
    nodes: Sequence[NodeProto],
    initializers: Sequence[TensorProto] = (),
    *,
    shape: Sequence[int | str | None] = ("batch", 4),
    dtype: int = TensorProto.FLOAT,
    outputs: Sequence[str] = ("y",),
    opset: int = 20,
    functions: Sequence[object] = (),
    domains: Sequence[str] = (),
    producer: str = "",
    metadata: Mapping[str, str] | None = None,
) -> ModelProto:
    graph = helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info("x", dtype, list(shape))],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, None]) for name in outputs],
        list(initializers),
    )
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    made = helper.make_model(
        graph, opset_imports=imports, functions=list(functions), producer_name=producer, ir_version=10
    )
    helper.set_model_props(made, dict(metadata or {}))
    return made


def node(operator: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: object) -> NodeProto:
    return helper.make_node(operator, list(inputs), list(outputs), **attributes)


def linear(**arguments: object) -> ModelProto:
    """y = x W + b."""
    return model(
        [node("Gemm", ["x", "fc.weight", "fc.bias"], ["y"])],
        [tensor("fc.weight", 4, 3), tensor("fc.bias", 3)],
        **arguments,
    )  # type: ignore[arg-type]
