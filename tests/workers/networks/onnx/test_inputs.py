import pytest
import torch
from onnx import TensorProto, helper

from tests.workers.networks.onnx.files import linear, model, node, tensor
from workers.networks.onnx.limits import OnnxLimits
from workers.networks.onnx.load import load
from workers.networks.onnx.options import Options
from workers.networks.onnx.read import read
from workers.networks.onnx.refusal import RefusedNetwork


def _load(file, **options):
    return load(read(file.SerializeToString()), Options(**options))


def _masked():
    """Tokens, a mask beside them and a number that nothing needs."""
    nodes = [
        node("Gather", ["emb.weight", "x"], ["h"]),
        node("Cast", ["mask"], ["m"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["m", "last"], ["u"]),
        node("Mul", ["h", "u"], ["y"]),
    ]
    last = helper.make_tensor("last", TensorProto.INT64, [1], [-1])
    file = model(nodes, [tensor("emb.weight", 9, 3), last], dtype=TensorProto.INT64, shape=("b", "t"))
    for name, shape in (("mask", ["b", "t"]), ("idle", [])):
        file.graph.input.append(helper.make_tensor_value_info(name, TensorProto.INT32, shape))
    return file


def test_the_other_inputs_are_filled_in_the_shape_of_the_data():
    network = _load(_masked(), fill={"mask": 2})
    x = torch.tensor([[0, 3, 8, 1, 2]])
    expected = 2 * network.parameter_of["emb.weight"][x]
    torch.testing.assert_close(network(x), expected)
    assert network.report.input == ("x", (16,))
    assert network.input.vocab == 9


def test_inputs_without_data_are_refused_with_how_to_fill_them():
    with pytest.raises(RefusedNetwork, match=r"fill: \{mask: 1\}"):
        _load(_masked(), fill={})
    with pytest.raises(RefusedNetwork, match="no input q"):
        _load(_masked(), fill={"q": 1})


def test_the_data_may_go_to_another_input_than_the_first():
    file = model(
        [node("Add", ["x", "z"], ["h"]), node("MatMul", ["h", "fc.weight"], ["y"])],
        [tensor("fc.weight", 4, 3)],
    )
    file.graph.input.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, ["batch", 4]))
    network = _load(file, fill={"x": 0.5}, input="z")
    x = torch.ones(2, 4)
    torch.testing.assert_close(network(x), (x + 0.5) @ network.parameter_of["fc.weight"])


def test_a_size_that_the_file_leaves_open_is_the_clients_or_that_of_the_data():
    assert _load(_masked(), fill={"mask": 1}, sizes={"t": 7}).report.input == ("x", (7,))
    assert _load(_masked(), fill={"mask": 1}, shape=(5,)).report.input == ("x", (5,))


def test_data_of_another_type_are_taken_in_the_networks_own():
    assert _load(linear(), fill={})(torch.ones(2, 4, dtype=torch.float64)).dtype == torch.float32
    assert _load(linear(), fill={}).double()(torch.ones(2, 4)).dtype == torch.float64
    assert _load(_masked(), fill={"mask": 1})(torch.zeros(1, 3, dtype=torch.int32)).shape == (1, 3, 3)


def test_a_vocabulary_larger_than_the_table_is_refused():
    assert _load(_masked(), fill={"mask": 1}, vocab=5).input.vocab == 5
    with pytest.raises(RefusedNetwork, match="more than the 9 rows"):
        _load(_masked(), fill={"mask": 1}, vocab=10)


def test_an_output_without_one_row_for_each_example_is_refused():
    nodes = [node("MatMul", ["x", "fc.weight"], ["h"]), node("ReduceSum", ["h"], ["y"], keepdims=0)]
    with pytest.raises(RefusedNetwork, match="first size has to be the batch"):
        _load(model(nodes, [tensor("fc.weight", 4, 3)]), fill={})
    nodes = [node("MatMul", ["x", "fc.weight"], ["h"]), node("ArgMax", ["h"], ["y"])]
    with pytest.raises(RefusedNetwork, match="which a loss cannot take"):
        _load(model(nodes, [tensor("fc.weight", 4, 3)]), fill={})


def test_all_layers_together_may_not_make_more_than_the_limit():
    file, limits = linear(), OnnxLimits(activations=1_000)
    assert _load(file, limits=limits, batch=100).report.batch is None
    with pytest.raises(RefusedNetwork, match="limit of 1000, for a batch of 400"):
        _load(file, limits=limits, batch=400)
