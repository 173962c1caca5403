"""Files that mean harm, or are broken: each is refused with a reason, fast and without taking memory."""

import random
import time

import pytest
import torch
from onnx import AttributeProto, SparseTensorProto, StringStringEntryProto, TensorProto, helper

from service.schemas.edits import InsertNormalization
from tests.workers.networks.onnx.files import linear, model, node, tensor
from tests.workers.networks.onnx.refusing import refused
from workers.networks.onnx.limits import OnnxLimits
from workers.networks.onnx.load import load
from workers.networks.onnx.options import Options
from workers.networks.onnx.read import read


def test_nested_functions_are_counted_before_they_are_expanded():
    functions = []
    for level in range(12):
        inner = [node("Relu", ["a"], ["b"])] if level == 0 else []
        if level:
            names = ["a", *(f"t{n}" for n in range(9)), "b"]
            inner = [node(f"f{level - 1}", [names[n]], [names[n + 1]], domain="d") for n in range(10)]
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid("d", 1)]
        functions.append(helper.make_function("d", f"f{level}", ["a"], ["b"], inner, opsets))
    bomb = model([node("f11", ["x"], ["y"], domain="d")], functions=functions, domains=["d"])
    refused(bomb, "expanded the file has 100000000000 nodes")


def test_a_function_that_calls_itself_isrefused():
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("d", 1)]
    f = helper.make_function("d", "f", ["a"], ["b"], [node("f", ["a"], ["b"], domain="d")], opsets)
    refused(model([node("f", ["x"], ["y"], domain="d")], functions=[f], domains=["d"]), "calls itself")


def test_functions_are_expanded_with_their_attributes():
    opsets = [helper.make_opsetid("", 20)]
    inner = node("LeakyRelu", ["a"], ["t"])
    inner.attribute.append(AttributeProto(name="alpha", type=AttributeProto.FLOAT, ref_attr_name="slope"))
    f = helper.make_function("d", "f", ["a"], ["b"], [inner, node("Neg", ["t"], ["b"])], opsets, ["slope"])
    nodes = [node("f", ["x"], ["h"], domain="d", slope=0.5), node("MatMul", ["h", "fc.weight"], ["y"])]
    file = model(nodes, [tensor("fc.weight", 4, 3)], functions=[f], domains=["d"])
    network = load(read(file.SerializeToString()))
    x = torch.randn(2, 4)
    expected = -torch.nn.functional.leaky_relu(x, 0.5) @ network.parameter_of["fc.weight"]
    torch.testing.assert_close(network(x), expected)


def test_cycles_and_missing_values_arerefused():
    loop = model([node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"], ["y"])])
    refused(loop, "cycle")
    refused(model([node("Relu", ["nowhere"], ["y"])]), "nothing before it gives")
    refused(model([node("Relu", ["x"], ["z"])]), "Nothing gives the output y")


def test_a_value_or_an_initializer_that_is_made_twice_isrefused():
    refused(model([node("Relu", ["x"], ["y"]), node("Relu", ["x"], ["y"])]), "made twice")
    twice = linear()
    twice.graph.initializer.append(twice.graph.initializer[0])
    refused(twice, "same name")


@pytest.mark.parametrize("where", ["initializer", "attribute"])
@pytest.mark.parametrize("location", ["weights.bin", "../../etc/passwd", "/etc/passwd", ""])
def test_data_outside_of_the_file_isrefused(where, location):
    outside = TensorProto(name="fc.weight", dims=[4, 3], data_type=TensorProto.FLOAT)
    outside.data_location = TensorProto.EXTERNAL
    outside.external_data.append(StringStringEntryProto(key="location", value=location))
    if where == "initializer":
        file = model([node("MatMul", ["x", "fc.weight"], ["y"])], [outside])
    else:
        file = model([node("Constant", [], ["w"], value=outside), node("MatMul", ["x", "w"], ["y"])])
    refused(file, "outside the file")


def _elsewhere(kind):
    outside = TensorProto(name="w", dims=[1], data_type=kind, data_location=TensorProto.EXTERNAL)
    outside.external_data.append(StringStringEntryProto(key="location", value="/etc/passwd"))
    return outside


def test_data_outside_of_the_file_are_refused_wherever_they_are_named():
    branch = helper.make_graph(
        [node("Identity", ["w"], ["z"])],
        "g",
        [],
        [helper.make_tensor_value_info("z", 1, None)],
        [_elsewhere(TensorProto.FLOAT)],
    )
    choice = helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)
    refused(model([choice]), "outside the file")
    constant = node("Constant", [], ["b"], value=_elsewhere(TensorProto.FLOAT))
    f = helper.make_function("d", "f", ["a"], ["b"], [constant], [helper.make_opsetid("", 20)])
    refused(model([node("f", ["x"], ["y"], domain="d")], functions=[f], domains=["d"]), "outside the file")
    text = node("Constant", [], ["y"], value=_elsewhere(TensorProto.STRING))
    refused(model([text]), "outside the file")


def test_sparse_tensors_arerefused():
    sparse = SparseTensorProto(dims=[4])
    sparse.values.CopyFrom(_elsewhere(TensorProto.FLOAT))
    constant = helper.make_node("Constant", [], ["y"])
    constant.attribute.append(
        AttributeProto(name="sparse_value", type=AttributeProto.SPARSE_TENSOR, sparse_tensor=sparse)
    )
    refused(model([constant]), "Sparse")
    file = linear()
    file.graph.sparse_initializer.append(sparse)
    refused(file, "Sparse")


def test_as_many_nodes_and_edits_as_may_be_take_seconds():
    chain = [
        node("Relu", ["x" if n == 0 else f"v{n}"], ["h" if n == 4_999 else f"v{n + 1}"]) for n in range(5_000)
    ]
    file = model([*chain, node("MatMul", ["h", "fc.weight"], ["y"])], [tensor("fc.weight", 4, 3)])
    edits = (InsertNormalization(insert="LayerNorm", after="relu_*"),)
    started = time.process_time()
    network = load(read(file.SerializeToString()), Options(edits=edits))
    assert len(network.planned) == 10_001
    assert time.process_time() - started < 20


@pytest.mark.parametrize("opset", [0, 1, 6, 99, 2**40])
def test_opsets_that_nobody_knows_arerefused(opset):
    refused(linear(opset=opset), "Opset")


def test_a_tensor_that_declares_more_than_it_holds_isrefused():
    liar = linear()
    liar.graph.initializer[0].dims[:] = [100_000, 100_000]
    refused(liar, "limit")
    liar.graph.initializer[0].dims[:] = [5, 3]
    refused(liar, "declares 60 bytes but holds 48")
    liar.graph.initializer[0].dims[:] = [-4, -3]
    refused(liar, "impossible shape")


def test_subgraphs_deeper_than_the_limit_arerefused():
    graph = helper.make_graph(
        [node("Relu", ["x"], ["z"])], "g", [], [helper.make_tensor_value_info("z", 1, None)]
    )
    for _ in range(8):
        inner = helper.make_node("If", ["x"], ["z"], then_branch=graph, else_branch=graph)
        graph = helper.make_graph([inner], "g", [], [helper.make_tensor_value_info("z", 1, None)])
    refused(model([*graph.node, node("Relu", ["z"], ["y"])]), "nested deeper")


def test_protobuf_that_is_nested_without_end_isrefused():
    data = b""
    for _ in range(3_000):
        data = b"\x0a" + _varint(len(data)) + data
    refused(b"\x3a" + _varint(len(data)) + data)


def _varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def test_long_and_strange_names_stay_names():
    evil = 'x"); import os; os.system("echo \n'
    nodes = [helper.make_node("MatMul", ["x", evil + ".weight"], ["y"], name=f"'{evil}/../../{evil}'")]
    network = load(read(model(nodes, [tensor(evil + ".weight", 4, 3)]).SerializeToString()))
    (layer,) = (planned.layer for planned in network.planned)
    assert all(sign.isalnum() or sign in "._-" for sign in layer.name)
    refused(model([helper.make_node("Relu", ["x"], ["y"], name="n" * 3_000)]), "longer than")


def test_an_error_does_not_print_what_is_not_printable():
    bad = refused(model([node("Evil\x1b[2J\n", ["x"], ["y"])]))
    assert bad.detail.isprintable()


def test_more_nodes_than_the_limit_arerefused():
    chain = [
        node("Relu", ["x" if n == 0 else f"v{n}"], ["y" if n == 99 else f"v{n + 1}"]) for n in range(100)
    ]
    refused(model(chain), "more than 50 nodes", OnnxLimits(nodes=50))


def test_a_file_over_the_limit_is_not_even_parsed():
    refused(b"\0" * 1_000, "limit is 10", OnnxLimits(file_bytes=10))


def test_truncated_and_random_bytes_arerefused():
    data = linear().SerializeToString()
    rng = random.Random(0)
    for length in range(0, len(data), 7):
        refused(data[:length])
    for size in (1, 10, 1_000, 100_000):
        refused(rng.randbytes(size))


def test_recurrent_states_of_a_wrong_shape_never_reach_torch():
    nodes = [node("LSTM", ["x", "lstm.w", "lstm.r", "", "", "h"], ["y"], hidden_size=3)]
    weights = [tensor("lstm.w", 1, 12, 4), tensor("lstm.r", 1, 12, 3), tensor("h", 1, 1, 3)]
    refused(model(nodes, weights, shape=(5, "batch", 4), outputs=["y"]), "LSTM takes")


def test_strings_and_narrow_types_arerefused():
    text = helper.make_tensor("t", TensorProto.STRING, [1], [b"a"])
    refused(model([node("Relu", ["x"], ["y"])], [text]), "STRING")
    refused(linear(dtype=TensorProto.FLOAT8E4M3FN))


def test_text_that_is_no_utf8_is_refused_or_read_as_something_harmless():
    file = linear()
    file.graph.node[0].metadata_props.add(key="pkg.torch.onnx.stack_trace", value="ZZZZ")
    data = file.SerializeToString()
    load(read(data.replace(b"ZZZZ", b"\xff\xfe\xff\xfe")))
    refused(data.replace(b"stack_trace", b"stack_\xff\xfe\xff\xfee"), "not ONNX")


@pytest.mark.parametrize("place", [b"fc.weight", b"fc.bias", b"transB", b"node_name"])
def test_names_that_are_no_text_arerefused(place):
    file = linear()
    file.graph.node[0].name = "node_name"
    file.graph.node[0].attribute.append(helper.make_attribute("transB", 0))
    data = file.SerializeToString()
    refused(data.replace(place, b"\xff\xfe" + place[2:]), "is no text")


def test_numbers_in_the_wrong_field_arerefused():
    liar = TensorProto(name="c", dims=[3], data_type=TensorProto.FLOAT, int32_data=[1, 2, 3])
    refused(model([node("Add", ["x", "c"], ["y"])], [liar]), "cannot be read")
