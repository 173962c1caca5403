from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from pydantic import TypeAdapter

from service.schemas.edits import Edit
from tests.workers.networks.onnx.exporting import NETWORKS, example, file_of, onnxruntime_output
from tests.workers.networks.onnx.files import model, node, tensor
from workers.networks.onnx.graph import Node
from workers.networks.onnx.load import edit, load
from workers.networks.onnx.options import Options
from workers.networks.onnx.read import read
from workers.networks.onnx.write import write

_EDITS = TypeAdapter(tuple[Edit, ...])


def _trained(data, x, edits=()):
    """The network after two steps, and the file written of it."""
    options = Options(edits=_EDITS.validate_python(tuple(edits)))
    graph = edit(read(data), options)
    network = load(graph, Options())
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        network(x).square().mean().backward()
        optimizer.step()
    return network, write(graph, network)


def _same_as_onnxruntime(network, data, x):
    with torch.no_grad():
        ours = network.eval()(x)
    torch.testing.assert_close(ours, onnxruntime_output(data, x), rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_a_trained_network_is_written_and_onnxruntime_computes_the_same(name):
    x = example(name, 4)
    network, data = _trained(file_of(name), x)
    _same_as_onnxruntime(network, data, x)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_a_written_file_is_the_same_network_when_it_is_imported_again(name):
    x = example(name, 4)
    network, data = _trained(file_of(name), x)
    again = load(read(data))
    assert [(e.layer.name, e.layer.type) for e in again.planned] == [
        (e.layer.name, e.layer.type) for e in network.planned
    ]
    assert set(again.parameter_of) == set(network.parameter_of)
    assert all(torch.equal(again.parameter_of[key], network.parameter_of[key]) for key in again.parameter_of)
    torch.testing.assert_close(again.eval()(x), network.eval()(x))


@pytest.mark.slow
def test_paths_of_the_machine_are_not_written():
    assert b"stack_trace" in file_of("mlp")
    _, data = _trained(file_of("mlp"), example("mlp"))
    assert b"stack_trace" not in data
    assert b"exporting.py" not in data


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "edits"),
    [
        ("mlp", [{"replace": "Tanh", "by": "SiLU"}, {"insert": "BatchNorm", "after": "hidden.0"}]),
        ("cnn", [{"add_bias": "stem.0"}, {"insert": "LayerNorm", "after": "body"}]),
        ("transformer", [{"insert": "LayerNorm", "after": "layers.0.linear1"}]),
    ],
)
def test_an_edited_network_is_written_with_what_came_in(name, edits):
    x = example(name, 6)
    network, data = _trained(file_of(name), x, edits)
    _same_as_onnxruntime(network, data, x)
    assert [e.layer.name for e in load(read(data)).planned] == [e.layer.name for e in network.planned]


def _old(opset):
    nodes = [
        node("MatMul", ["x", "a.weight"], ["h"]),
        node("Sigmoid", ["h"], ["s"]),
        node("MatMul", ["s", "b.weight"], ["y"]),
    ]
    return model(nodes, [tensor("a.weight", 4, 4), tensor("b.weight", 4, 3)], opset=opset).SerializeToString()


@pytest.mark.parametrize(
    "by", ["GELU", "SiLU", "Mish", "Hardswish", "CELU", "ReLU6", "Hardtanh", "Softshrink", "PReLU", "Softmax"]
)
def test_what_is_newer_than_the_file_is_written_as_a_formula(by):
    x = torch.randn(5, 4, generator=torch.Generator().manual_seed(0)) * 3
    edits = [{"replace": "Sigmoid", "by": by}, {"insert": "LayerNorm", "after": "a"}]
    network, data = _trained(_old(9), x, edits)
    assert [entry.version for entry in onnx.load_model_from_string(data).opset_import] == [9]
    _same_as_onnxruntime(network, data, x)


def test_gelu_by_tanh_is_written_as_a_formula_too():
    x = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    swap = {"replace": "Sigmoid", "by": "GELU", "arguments": {"approximate": "tanh"}}
    network, data = _trained(_old(13), x, [swap])
    _same_as_onnxruntime(network, data, x)


def test_what_was_exported_for_training_is_written_for_inference():
    yes = numpy_helper.from_array(np.array(True), "yes")
    ratio = numpy_helper.from_array(np.array(0.5, "float32"), "ratio")
    nodes = [
        helper.make_node("BatchNormalization", ["x", "w", "b", "m", "v"], ["n", "m2", "v2"], training_mode=1),
        node("Dropout", ["n", "ratio", "yes"], ["d"]),
        node("MatMul", ["d", "fc.weight"], ["y"]),
    ]
    tensors = [tensor(name, 4) for name in ("w", "b", "m")]
    one = numpy_helper.from_array(np.ones(4, "float32"), "v")
    file = model(nodes, [*tensors, one, yes, ratio, tensor("fc.weight", 4, 3)], opset=17)
    x = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    network, data = _trained(file.SerializeToString(), x)
    assert not torch.equal(
        network.constant_of["m"].value, torch.tensor(numpy_helper.to_array(tensor("m", 4)))
    )
    _same_as_onnxruntime(network, data, x)
    again = load(read(data)).train()
    assert not torch.equal(again(x), again(x))


def test_functions_are_written_out():
    opsets = [helper.make_opsetid("", 20)]
    f = helper.make_function(
        "d", "f", ["a"], ["b"], [node("Neg", ["a"], ["t"]), node("Relu", ["t"], ["b"])], opsets
    )
    nodes = [node("f", ["x"], ["h"], domain="d"), node("MatMul", ["h", "fc.weight"], ["y"])]
    file = model(nodes, [tensor("fc.weight", 4, 3)], functions=[f], domains=["d"])
    x = torch.randn(2, 4)
    network, data = _trained(file.SerializeToString(), x)
    assert not onnx.load_model_from_string(data).functions
    _same_as_onnxruntime(network, data, x)


def test_a_single_number_of_any_layout_is_written():
    graph = read(_old(13))
    stretched = torch.ones(1).expand(1)
    odd = replace(graph, initializers={**graph.initializers, "one": stretched.as_strided((1,), (0,))})
    scaled = Node("Mul", "", 13, "", ("y", "one"), ("z",))
    odd = replace(odd, nodes=(*odd.nodes, scaled), outputs=("z",))
    data = write(odd, load(odd))
    x = torch.ones(2, 4)
    torch.testing.assert_close(onnxruntime_output(data, x), load(graph).eval()(x).detach())


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_weights_keep_the_type_that_they_have_in_the_file(dtype):
    kind = {"float16": TensorProto.FLOAT16, "float64": TensorProto.DOUBLE}[dtype]
    file = model(
        [node("MatMul", ["x", "fc.weight"], ["y"])],
        [tensor("fc.weight", 4, 3, dtype=np.dtype(dtype).type)],
        dtype=kind,
    )
    file.graph.output[0].type.tensor_type.elem_type = kind
    graph = read(file.SerializeToString())
    network = load(graph, Options(fill={}))
    data = write(graph, network.double())
    (weight,) = onnx.load_model_from_string(data).graph.initializer
    assert weight.data_type == kind
