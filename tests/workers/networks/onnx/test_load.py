import numpy as np
import pytest
import torch
from onnx import TensorProto, numpy_helper

from tests.workers.networks.onnx.files import linear, model, node, tensor, whole
from workers.networks.onnx.load import load
from workers.networks.onnx.options import Options
from workers.networks.onnx.read import read
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.roles import Overrides


def _load(file, **options):
    return load(read(file.SerializeToString()), Options(**options))


def _scalar(name, value):
    return numpy_helper.from_array(np.array(value, "float32"), name)


def test_a_weight_is_a_parameter_by_its_place_even_without_a_name():
    file = model(
        [node("MatMul", ["x", "val_3"], ["h"]), node("Add", ["h", "val_4"], ["y"])],
        [tensor("val_3", 4, 3), tensor("val_4", 3)],
    )
    assert set(_load(file).parameter_of) == {"val_3", "val_4"}


def test_bounds_scales_and_statistics_are_constants():
    nodes = [
        node("Clip", ["x", "act.low", "act.high"], ["a"]),
        node("Mul", ["a", "val_7"], ["b"]),
        node("BatchNormalization", ["b", "w", "b0", "mean", "var"], ["c"]),
        node("MatMul", ["c", "fc.weight"], ["y"]),
    ]
    values = [_scalar("act.low", -1), _scalar("act.high", 1), _scalar("val_7", 0.5)]
    network = _load(
        model(
            nodes, [*values, tensor("fc.weight", 4, 3), *(tensor(n, 4) for n in ("w", "b0", "mean", "var"))]
        )
    )
    assert set(network.parameter_of) == {"w", "b0", "fc.weight"}
    assert {"act.low", "act.high", "mean", "var", "val_7"} == set(network.report.constants)


def test_an_attribute_of_the_network_itself_is_a_parameter_and_a_mask_is_none():
    nodes = [node("Add", ["x", "position"], ["a"]), node("Add", ["a", "mask"], ["b"])]
    nodes += [node("Add", ["b", "encoder.pe"], ["c"]), node("Mul", ["c", "onnx_7"], ["d"])]
    file = model(
        [*nodes, node("Add", ["d", "far"], ["y"])],
        [
            *(tensor(n, 1, 4) for n in ("position", "mask", "encoder.pe", "onnx_7")),
            _scalar("far", [-np.inf, 0, 0, 0]),
        ],
        producer="pytorch",
    )
    assert set(_load(file).parameter_of) == {"position"}


def test_a_client_can_overrule_what_is_a_parameter():
    file = model(
        [node("Mul", ["x", "val_1"], ["h"]), node("MatMul", ["h", "fc.weight"], ["y"])],
        [tensor("val_1", 4), tensor("fc.weight", 4, 3)],
    )
    assert set(_load(file).parameter_of) == {"fc.weight"}
    overrides = Overrides(parameters=["val_*"], constants=["fc.*"])
    assert set(_load(file, overrides=overrides).parameter_of) == {"val_1"}


def test_a_weight_that_is_used_twice_or_under_another_name_is_one_parameter():
    nodes = [
        node("Identity", ["fc.weight"], ["alias"]),
        node("MatMul", ["x", "fc.weight"], ["a"]),
        node("MatMul", ["a", "alias"], ["y"]),
    ]
    network = _load(model(nodes, [tensor("fc.weight", 4, 4)]))
    assert len(list(network.parameters())) == 1
    network(torch.ones(2, 4)).sum().backward()
    assert network.parameter_of["fc.weight"].grad is not None


def test_what_only_constants_make_is_computed_once():
    nodes = [
        node("Sqrt", ["two"], ["root"]),
        node("Div", ["x", "root"], ["h"]),
        node("MatMul", ["h", "fc.weight"], ["y"]),
    ]
    network = _load(model(nodes, [_scalar("two", 2.0), tensor("fc.weight", 4, 3)]))
    assert [step.operator for step in network.steps] == ["Div", "MatMul"]


def test_dropout_is_alive_in_training_and_gone_in_inference():
    nodes = [node("Dropout", ["x", "ratio", "no"], ["h"]), node("MatMul", ["h", "fc.weight"], ["y"])]
    no = numpy_helper.from_array(np.array(False), "no")
    network = _load(model(nodes, [_scalar("ratio", 0.5), no, tensor("fc.weight", 4, 3)]))
    x = torch.ones(8, 4)
    assert not torch.equal(network.train()(x), network(x))
    assert torch.equal(network.eval()(x), network(x))


def test_loading_leaves_torchs_random_state_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    _load(linear())
    assert torch.equal(torch.rand(2), expected)


def test_running_statistics_are_as_the_file_has_them_after_loading():
    nodes = [node("BatchNormalization", ["x", "bn.weight", "bn.bias", "mean", "var"], ["y"])]
    names = ("bn.weight", "bn.bias", "mean", "var")
    network = _load(model(nodes, [tensor(name, 4) for name in names]))
    held = dict(network.named_buffers())
    assert any(
        torch.equal(value, torch.tensor(numpy_helper.to_array(tensor("mean", 4)))) for value in held.values()
    )
    assert network.training


def test_one_output_of_several_can_be_chosen_and_the_rest_is_not_built():
    nodes = [node("MatMul", ["x", "a.weight"], ["y"]), node("MatMul", ["x", "b.weight"], ["z"])]
    file = model(nodes, [tensor("a.weight", 4, 3), tensor("b.weight", 4, 2)], outputs=("y", "z"))
    assert len(_load(file)(torch.ones(2, 4))) == 2
    chosen = _load(file, outputs=["z"])
    assert chosen(torch.ones(2, 4)).shape == (2, 2)
    assert chosen.report.unused == ("a.weight",)
    with pytest.raises(RefusedNetwork, match="no output q; the file has y, z"):
        _load(file, outputs=["q"])


def test_tokens_flow_in_as_whole_numbers():
    file = model(
        [node("Gather", ["emb.weight", "x"], ["y"])],
        [tensor("emb.weight", 9, 3)],
        dtype=TensorProto.INT64,
        shape=("b", 5),
    )
    network = _load(file)
    assert network.planned[0].layer.type == "Embedding"
    assert network(torch.tensor([[0, 1, 8, 8, 2]])).shape == (1, 5, 3)


def test_a_batch_that_is_baked_into_a_reshape_is_reported():
    file = model(
        [node("MatMul", ["x", "fc.weight"], ["h"]), node("Reshape", ["h", "s"], ["y"])],
        [tensor("fc.weight", 4, 4), whole("s", 3, 4)],
        shape=(3, 4),
    )
    network = _load(file)
    assert network.report.batch == 3
    assert network(torch.ones(3, 4)).shape == (3, 4)


def test_a_batch_that_is_baked_in_though_the_file_calls_it_free_is_found():
    file = model(
        [node("MatMul", ["x", "fc.weight"], ["h"]), node("Reshape", ["h", "s"], ["y"])],
        [tensor("fc.weight", 4, 4), whole("s", 3, 4)],
        shape=("batch", 4),
    )
    assert _load(file).report.batch == 3
    assert _load(file, batch=64).report.batch == 3


def test_a_network_that_runs_with_no_batch_is_refused_with_the_node():
    file = model(
        [node("MatMul", ["x", "fc.weight"], ["h"]), node("Reshape", ["h", "s"], ["y"], name="bad")],
        [tensor("fc.weight", 4, 4), whole("s", 3, 5)],
        shape=("batch", 4),
    )
    with pytest.raises(RefusedNetwork, match="does not run: Reshape bad: "):
        _load(file)


def test_a_network_that_does_not_run_is_refused_with_the_node():
    file = model([node("MatMul", ["x", "fc.weight"], ["y"], name="bad")], [tensor("fc.weight", 5, 3)])
    with pytest.raises(RefusedNetwork, match="does not run: MatMul bad: "):
        _load(file)


def test_a_network_without_parameters_is_refused():
    with pytest.raises(RefusedNetwork, match="no parameter"):
        _load(model([node("Relu", ["x"], ["y"])]))


def test_attributes_that_we_do_not_honour_are_refused():
    nodes = [node("LSTM", ["x", "w", "r"], ["y"], hidden_size=3, clip=1.0)]
    with pytest.raises(RefusedNetwork, match="clip"):
        _load(model(nodes, [tensor("w", 1, 12, 4), tensor("r", 1, 12, 3)], shape=(5, "b", 4)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_reach_weights_that_the_graph_rearranges(dtype):
    nodes = [node("Transpose", ["fc.weight"], ["t"]), node("MatMul", ["x", "t"], ["y"])]
    kind = TensorProto.FLOAT if dtype == "float32" else TensorProto.DOUBLE
    network = _load(model(nodes, [tensor("fc.weight", 3, 4, dtype=np.dtype(dtype).type)], dtype=kind))
    x = torch.ones(2, 4, dtype=getattr(torch, dtype))
    network(x).sum().backward()
    (layer,) = network.planned
    assert layer.parameters == ("fc.weight",)
    assert torch.equal(network.layers[0].get_parameter("weight").grad, torch.full((3, 4), 2.0, dtype=x.dtype))


def test_layers_without_a_module_are_named_by_operator_and_number():
    nodes = [node("Relu", ["x"], ["a"]), node("Relu", ["a"], ["b"]), node("MatMul", ["b", "w"], ["y"])]
    network = _load(model(nodes, [tensor("w", 4, 3)]))
    assert [planned.layer.name for planned in network.planned] == ["relu_1", "relu_2", "matmul_1"]


def test_layers_of_tensorflow_are_named_by_their_scopes():
    nodes = [
        node("MatMul", ["x", "model/dense/MatMul/ReadVariableOp:0"], ["h"], name="model/dense/MatMul"),
        node("Add", ["h", "model/dense/BiasAdd/ReadVariableOp:0"], ["b"], name="model/dense/BiasAdd"),
        node("Relu", ["b"], ["y"], name="model/dense/Relu"),
    ]
    file = model(
        nodes,
        [
            tensor("model/dense/MatMul/ReadVariableOp:0", 4, 3),
            tensor("model/dense/BiasAdd/ReadVariableOp:0", 3),
        ],
    )
    network = _load(file)
    assert len(network.parameter_of) == 2
    assert [planned.layer.name for planned in network.planned] == ["model.dense", "model.dense.relu"]


def test_constants_can_be_written_to_again_also_where_they_were_expanded():
    nodes = [node("Expand", ["one", "shape"], ["wide"]), node("Add", ["x", "wide"], ["h"])]
    nodes.append(node("MatMul", ["h", "fc.weight"], ["y"]))
    network = _load(model(nodes, [tensor("one", 1), whole("shape", 1, 4), tensor("fc.weight", 4, 3)]))
    network.load_state_dict({name: value.clone() for name, value in network.state_dict().items()})
