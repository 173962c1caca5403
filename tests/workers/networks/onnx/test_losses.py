import pytest

from service.client.export import exporting
from tests.workers.networks.onnx.files import model, node, tensor
from workers.networks.onnx.load import load
from workers.networks.onnx.read import WHOLE, read
from workers.networks.onnx.write import write


def _lost(nodes, initializers, **arguments):
    return load(read(model(nodes, initializers, **arguments).SerializeToString())).report.lost


def test_convolutions_without_a_name_beside_no_batch_normalization_were_folded():
    nodes = [node("Conv", ["x", "onnx_1"], ["y"])]
    lost = _lost(nodes, [tensor("onnx_1", 3, 2, 1)], producer="pytorch", shape=("b", 2, 5))
    assert "Batch normalization was folded into a convolution: exported for inference." in lost
    assert "A parameter has lost its name: a weight was computed anew in the export." in lost


def test_several_are_counted():
    nodes = [node("Conv", ["x", "onnx_1"], ["h"]), node("Conv", ["h", "onnx_2"], ["y"])]
    weights = [tensor("onnx_1", 2, 2, 1), tensor("onnx_2", 2, 2, 1, seed=1)]
    lost = _lost(nodes, weights, producer="pytorch", shape=("b", 2, 5))
    assert "Batch normalization was folded into 2 convolutions: exported for inference." in lost
    assert "2 parameters have lost their names: weights were computed anew in the export." in lost


def test_random_numbers_are_told():
    nodes = [
        node("RandomUniformLike", ["x"], ["r"]),
        node("Mul", ["x", "r"], ["h"]),
        node("MatMul", ["h", "fc.weight"], ["y"]),
    ]
    lost = _lost(nodes, [tensor("fc.weight", 4, 3)])
    assert lost == ("Random numbers are drawn at a node in inference too (Dropout2d is exported so).",)


def test_what_tf2onnx_takes_out_is_told():
    nodes = [
        node("MatMul", ["x", "m/dense/Cast/ReadVariableOp:0"], ["h"]),
        node("Mul", ["h", "m/batch_normalization/batchnorm/mul:0"], ["y"]),
    ]
    weights = [
        tensor("m/dense/Cast/ReadVariableOp:0", 4, 3),
        tensor("m/batch_normalization/batchnorm/mul:0", 3),
    ]
    first, second, third = _lost(nodes, weights, producer="tf2onnx")
    assert first.startswith("Batch normalization became multiplications and additions")
    assert second.startswith("There is no dropout in the file")
    assert third.startswith("No layer has a bias")


def test_a_bias_of_keras_is_seen_and_its_epsilons_are_no_parameters():
    nodes = [
        node("MatMul", ["x", "m/dense/Cast/ReadVariableOp:0"], ["h"]),
        node("Add", ["h", "m/dense/BiasAdd/ReadVariableOp:0"], ["b"]),
        node("Add", ["b", "m/norm/add/y:0"], ["y"]),
    ]
    names = {
        "m/dense/Cast/ReadVariableOp:0": (4, 3),
        "m/dense/BiasAdd/ReadVariableOp:0": (3,),
        "m/norm/add/y:0": (),
    }
    file = model(nodes, [tensor(name, *shape) for name, shape in names.items()], producer="tf2onnx")
    network = load(read(file.SerializeToString()))
    assert set(network.report.constants) == {"m/norm/add/y:0"}
    assert len(network.report.lost) == 1


def test_the_wrapper_of_a_saved_model_is_in_no_name():
    nodes = [node("MatMul", ["x", "StatefulPartitionedCall/m/dense/Cast/ReadVariableOp:0"], ["y"])]
    weight = tensor("StatefulPartitionedCall/m/dense/Cast/ReadVariableOp:0", 4, 3)
    network = load(read(model(nodes, [weight]).SerializeToString()))
    assert [entry.layer.name for entry in network.planned] == ["m.dense"]


@pytest.mark.parametrize(("metadata", "guesses"), [({}, 1), ({WHOLE: "yes"}, 0), ({WHOLE: "no"}, 1)])
def test_dropout_is_not_guessed_at_where_our_client_found_nothing_lost(metadata, guesses):
    nodes = [node("MatMul", ["x", "fc.weight"], ["y"])]
    lost = _lost(nodes, [tensor("fc.weight", 4, 3)], producer="pytorch", metadata=metadata)
    assert sum("no dropout" in sentence for sentence in lost) == guesses


def test_the_mark_is_that_of_the_client():
    assert exporting.WHOLE == WHOLE


def test_a_file_that_we_write_keeps_the_mark():
    nodes = [node("MatMul", ["x", "fc.weight"], ["y"])]
    file = model(nodes, [tensor("fc.weight", 4, 3)], producer="pytorch", metadata={WHOLE: "yes"})
    graph = read(file.SerializeToString())
    assert read(write(graph, load(graph))).whole
