import numpy as np
import pytest
import torch
from onnx import TensorProto, numpy_helper

from service.errors import InvalidSubmission
from tests.workers.assignments import CPU, assigned
from tests.workers.networks.onnx.exporting import file_of
from tests.workers.networks.onnx.files import model, node, tensor
from workers.networks.onnx.refusal import RefusedNetwork
from workers.preparation import Prepared, prepare
from workers.validation import validate

IRIS = {"source": "builtin", "name": "iris"}


def validated(file, folder, **said):
    assignment = assigned(file, folder, role="validation", **said)
    return validate(assignment.order, prepare(assignment), CPU)


@pytest.mark.parametrize("name", ["mlp", "cnn", "lstm", "transformer", "tied"])
def test_a_file_that_trains_tells_all_that_goes_on_with_it(tmp_path, name):
    imported = validated(file_of(name), tmp_path)
    assert imported.planned_steps == 5 * 32  # 1024 synthetic examples, 32 at a time
    assert 0 < imported.run_steps <= imported.planned_steps
    assert imported.layers[imported.output_depth].name.startswith("head")
    assert imported.cost > 0
    assert imported.examples == 1024
    assert type(imported).model_validate_json(imported.model_dump_json()) == imported


def test_an_output_that_no_gradient_leaves_is_refused(tmp_path):
    nodes = [
        node("Gemm", ["x", "fc.weight"], ["h"]),
        node("Cast", ["h"], ["i"], to=TensorProto.INT64),
        node("Cast", ["i"], ["y"], to=TensorProto.FLOAT),
    ]
    with pytest.raises(RefusedNetwork, match=r"cannot be trained: .*grad"):
        validated(model(nodes, [tensor("fc.weight", 4, 3)]), tmp_path, data=IRIS)


def test_what_breaks_only_in_training_is_refused(tmp_path):
    names = ("bn.weight", "bn.bias", "mean", "var")
    nodes = [node("BatchNormalization", ["x", *names], ["n"]), node("Gemm", ["n", "fc.weight"], ["y"])]
    variances = numpy_helper.from_array(np.ones(4, np.float32), "var")
    file = model(nodes, [*(tensor(name, 4) for name in names[:3]), variances, tensor("fc.weight", 4, 3)])
    assert validated(file, tmp_path, data=IRIS).layers[0].type.startswith("BatchNorm")
    with pytest.raises(InvalidSubmission, match="batch"):
        validated(file, tmp_path, data=IRIS, training={"batch_size": 1})


def test_a_network_that_is_written_out_has_no_file_to_look_into(tmp_path):
    assignment = assigned(file_of("mlp"), tmp_path, role="validation")
    prepared = prepare(assignment)
    bare = Prepared(prepared.accepted, prepared.networks, prepared.examples)
    with pytest.raises(RefusedNetwork, match="no file"):
        validate(assignment.order, bare, CPU)


def test_a_rehearsal_leaves_the_random_state_alone(tmp_path):
    torch.manual_seed(4)
    expected = torch.rand(1)
    torch.manual_seed(4)
    validated(file_of("mlp"), tmp_path)
    assert torch.equal(torch.rand(1), expected)
