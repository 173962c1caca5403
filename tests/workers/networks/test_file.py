import hashlib

import numpy as np
import pytest
import torch
from onnx import TensorProto, numpy_helper

from service.schemas.limits import Limits
from tests.workers.networks.onnx.exporting import example, file_of
from tests.workers.networks.onnx.files import linear, model, node, tensor, whole
from tests.workers.networks.opening import opened, spec_of, stored
from workers.errors import DataMissing
from workers.networks.file import open_file
from workers.networks.onnx.refusal import RefusedNetwork


def two_layers():
    """4 → 3 → 2 with weights that lie the other way round."""
    nodes = [
        node("Gemm", ["x", "a.weight", "a.bias"], ["h"]),
        node("Relu", ["h"], ["r"]),
        node("Gemm", ["r", "b.weight"], ["y"]),
    ]
    return model(nodes, [tensor("a.weight", 4, 3), tensor("a.bias", 3), tensor("b.weight", 3, 2)])


def test_a_file_that_was_damaged_since_its_upload_is_our_fault(tmp_path):
    digest, path = stored(linear(), tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataMissing, match="other bytes"):
        open_file(spec_of(digest), path, Limits())


def test_no_more_is_read_than_a_file_may_have(tmp_path):
    with pytest.raises(DataMissing):
        opened(linear(), tmp_path, limits=Limits(network_bytes=10))


def test_the_plan_tells_what_was_found(tmp_path):
    network = opened(two_layers(), tmp_path)
    plan = network.plan
    assert [(layer.name, layer.type, layer.parameters) for layer in plan.layers] == [
        ("a", "Linear", 15),
        ("relu_1", "ReLU", 0),
        ("b", "Linear", 6),
    ]
    assert plan.output("main").shape == (2,)
    assert plan.inputs["main"].shape == (4,)
    assert plan.parameters == 21
    assert network(torch.ones(5, 4)).shape == (5, 2)


def test_the_output_is_what_the_file_gives_and_not_its_last_layer(tmp_path):
    nodes = [node("MatMul", ["x", "fc.weight"], ["h"]), node("Reshape", ["h", "s"], ["y"])]
    network = opened(model(nodes, [tensor("fc.weight", 4, 6), whole("s", -1, 3, 2)]), tmp_path)
    assert network.plan.layers[-1].output.shape == (6,)
    assert network.plan.output("main").shape == (3, 2)


def test_one_of_several_outputs_is_taken(tmp_path):
    nodes = [node("MatMul", ["x", "a.weight"], ["y"]), node("MatMul", ["x", "b.weight"], ["z"])]
    file = model(nodes, [tensor("a.weight", 4, 3), tensor("b.weight", 4, 2)], outputs=("y", "z"))
    first, second = opened(file, tmp_path), opened(file, tmp_path, output="z")
    assert (first.report.output.name, first(torch.ones(2, 4)).shape) == ("y", (2, 3))
    assert (second.report.output.name, second(torch.ones(2, 4)).shape) == ("z", (2, 2))
    assert second.report.unused == ("a.weight",)


def test_the_report_lists_everything_by_name(tmp_path):
    report = opened(file_of("cnn"), tmp_path).report
    assert {"stem.0.weight", "stem.1.weight", "head.bias"} <= {each.name for each in report.parameters}
    assert {"stem.1.running_mean", "stem.1.running_var"} <= {each.name for each in report.constants}
    assert (report.producer, report.frozen, report.batch) == ("pytorch", (), None)
    assert (report.input.shape, report.output.shape) == ((2, 8, 8), (3,))


def test_layers_say_where_they_were_written(tmp_path):
    sources = {planned.layer.source for planned in opened(file_of("mlp"), tmp_path).planned}
    assert all(source.startswith("exporting.py:") for source in sources)


def test_a_size_that_the_file_leaves_open_follows_the_data_or_what_is_said(tmp_path):
    nodes = [node("Gather", ["emb.weight", "x"], ["e"]), node("ReduceMean", ["e", "axis"], ["y"], keepdims=0)]
    file = model(
        nodes,
        [tensor("emb.weight", 9, 3), whole("axis", 1)],
        shape=("batch", "time"),
        dtype=TensorProto.INT64,
    )
    assert opened(file, tmp_path, shape=(12,)).plan.inputs["main"].shape == (12,)
    assert opened(file, tmp_path, sizes={"time": 5}).plan.inputs["main"].shape == (5,)
    assert opened(file, tmp_path).plan.inputs["main"].vocab == 9
    assert opened(file, tmp_path, vocab=4).plan.inputs["main"].vocab == 4


def test_recurrent_layers_say_how_long_they_run(tmp_path):
    planned = {each.layer.type: each for each in opened(file_of("lstm"), tmp_path).planned}
    lstm = planned["LSTM"]
    assert lstm.inputs[0].shape[0] == 7
    assert lstm.layer.output.shape == (7, 2, 5)
    # the second of two layers: 10 features and 5 states into 4 x 5 gates, both ways, at each of 7 steps
    assert lstm.layer.multiply_adds == 7 * 2 * 20 * (10 + 5)


def test_weights_are_maps_and_scales_and_no_biases(tmp_path):
    network = opened(file_of("cnn"), tmp_path)
    shapes = {
        planned.layer.name: [tuple(weight.shape) for weight in network.weights(planned.layer.depth)]
        for planned in network.planned
    }
    assert shapes["stem.0"] == [(8, 2, 3, 3)]
    assert shapes["stem.1"] == [(8,)]
    assert shapes["head"] == [(3, 8)]


def test_packed_biases_of_a_recurrent_layer_are_no_weights(tmp_path):
    nodes = [
        node("LSTM", ["t", "l.w", "l.r", "l.b"], ["", "h"], hidden_size=3),
        node("Squeeze", ["h", "zero"], ["y"]),
    ]
    file = model(
        [node("Transpose", ["x"], ["t"], perm=[1, 0, 2]), *nodes],
        [tensor("l.w", 1, 12, 4), tensor("l.r", 1, 12, 3), tensor("l.b", 1, 24), whole("zero", 0)],
        shape=("batch", 6, 4),
    )
    network = opened(file, tmp_path)
    (lstm,) = (planned.layer.depth for planned in network.planned if planned.layer.type == "LSTM")
    assert [tuple(weight.shape) for weight in network.weights(lstm)] == [(1, 12, 4), (1, 12, 3)]
    assert network.rows(network.parameter_of["l.w"]).shape == (12, 4)
    assert network.time_axis(lstm) == 0


def test_a_network_that_breaks_on_later_data_is_the_files_fault(tmp_path):
    file = model(
        [node("Gather", ["emb.weight", "x"], ["y"])],
        [tensor("emb.weight", 9, 3)],
        dtype=TensorProto.INT64,
        shape=("b", 5),
    )
    with pytest.raises(RefusedNetwork, match="does not run"):
        opened(file, tmp_path)(torch.full((2, 5), 30))


def test_whole_numbers_and_other_precisions_flow_in_as_the_file_wants_them(tmp_path):
    double = numpy_helper.from_array(np.ones((4, 3)), "fc.weight")
    network = opened(
        model([node("MatMul", ["x", "fc.weight"], ["y"])], [double], dtype=TensorProto.DOUBLE), tmp_path
    )
    assert network(torch.ones(2, 4)).dtype == torch.float64
    halved = network.to(torch.bfloat16)
    assert halved(torch.ones(2, 4, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_the_same_file_twice_is_the_same_network(tmp_path):
    x = example("transformer", 3)
    one, other = (opened(file_of("transformer"), tmp_path).eval() for _ in range(2))
    assert torch.equal(one(x), other(x))
    digest, _ = stored(file_of("transformer"), tmp_path)
    assert digest == f"sha256:{hashlib.sha256(file_of('transformer')).hexdigest()}"


def test_names_that_the_file_does_not_have_are_refused_all_at_once_with_their_places(tmp_path):
    with pytest.raises(RefusedNetwork) as refused:
        opened(linear(), tmp_path, output="z", input="i", fill={"mask": 1}, sizes={"time": 4})
    problems = refused.value.failure().problems
    assert [problem.pointer for problem in problems] == [
        "/network/output",
        "/network/input",
        "/network/fill/mask",
        "/network/sizes/time",
    ]
    assert problems[0].message == "There is no output z; the file has y."
    assert problems[3].message == "There is no open size time; the file has batch."


def test_real_numbers_have_no_vocabulary_and_no_more_tokens_are_taken_than_the_table_has(tmp_path):
    with pytest.raises(RefusedNetwork, match="have no vocabulary") as refused:
        opened(linear(), tmp_path, vocab=7)
    assert refused.value.problems[0].pointer == "/network/vocab"
    with pytest.raises(RefusedNetwork, match="12 is more than the 11 rows"):
        opened(file_of("lstm"), tmp_path, vocab=12)


def test_only_what_the_output_needs_has_to_be_supported(tmp_path):
    nodes = [node("MatMul", ["x", "a.weight"], ["y"]), node("Unique", ["x"], ["z"])]
    file = model(nodes, [tensor("a.weight", 4, 3)], outputs=("y", "z"))
    assert opened(file, tmp_path)(torch.ones(2, 4)).shape == (2, 3)
    with pytest.raises(RefusedNetwork, match="Unique"):
        opened(file, tmp_path, output="z")
