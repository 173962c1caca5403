import io

import numpy as np
import pytest
import torch
from onnx import TensorProto, numpy_helper

from service.errors import InvalidSubmission
from service.schemas.data import DatasetInfo
from service.schemas.limits import Limits
from service.schemas.submission import Submission
from tests.workers.assignments import assigned, trained
from tests.workers.networks.onnx.exporting import example, exported, file_of, original
from tests.workers.networks.onnx.files import model, node, tensor, whole
from workers.errors import DataMissing, UnfitData
from workers.networks.onnx.refusal import RefusedNetwork
from workers.preparation import prepare
from workers.training.batches import batches

IRIS = {"source": "builtin", "name": "iris"}


def classifier(*, batch="batch", width=4, classes=3, dropout=False):
    """A softmax regression, maybe behind a dropout."""
    nodes = [node("Dropout", ["x", "half"], ["d"])] if dropout else []
    nodes.append(node("Gemm", ["d" if dropout else "x", "fc.weight", "fc.bias"], ["y"]))
    half = numpy_helper.from_array(np.array(0.5, np.float32), "half")
    tensors = [tensor("fc.weight", width, classes), tensor("fc.bias", classes)]
    return model(nodes, [*tensors, half] if dropout else tensors, shape=(batch, width))


def baked(batch):
    """A network that works with one batch only."""
    nodes = [node("Gemm", ["x", "fc.weight"], ["h"]), node("Reshape", ["h", "s"], ["y"])]
    return model(nodes, [tensor("fc.weight", 4, 3), whole("s", batch, 3)], shape=(batch, 4))


def npz(folder, x, y):
    path = folder / "data.npz"
    buffer = io.BytesIO()
    np.savez(buffer, x=x, y=y)
    path.write_bytes(buffer.getvalue())
    kind = {"f": "float", "i": "int"}
    info = DatasetInfo(
        digest=f"sha256:{'1' * 64}", bytes=path.stat().st_size, examples=len(x), x_shape=x.shape[1:],
        x_dtype=kind[x.dtype.kind], y_shape=y.shape[1:], y_dtype=kind[y.dtype.kind],
    )  # fmt: skip
    return info, path


UPLOADED = {"source": "dataset", "digest": f"sha256:{'1' * 64}"}


def test_a_network_learns_builtin_data(tmp_path):
    done = trained(assigned(classifier(), tmp_path, data=IRIS | {"preprocess": "standardize"}, steps=60))
    assert done.outcome.last_loss < 0.7 < 1.1 < done.outcome.first_loss
    assert done.outcome.accuracy > 0.7


def test_synthetic_data_are_made_to_fit(tmp_path):
    done = trained(assigned(file_of("cnn"), tmp_path, steps=40))
    assert done.prepared.examples.x.shape == (1024, 2, 8, 8)
    assert done.outcome.last_loss < done.outcome.first_loss


def test_tokens_are_taken_up_to_the_size_of_the_table(tmp_path):
    done = trained(assigned(file_of("lstm"), tmp_path, steps=4))
    assert done.prepared.examples.x.dtype == torch.int64
    assert int(done.prepared.examples.x.max()) == 10


def test_sequences_of_builtin_tokens_give_a_size_that_the_file_leaves_open(tmp_path):
    nodes = [node("Gather", ["emb.weight", "x"], ["e"]), node("MatMul", ["e", "fc.weight"], ["y"])]
    file = model(
        nodes,
        [tensor("emb.weight", 40, 8), tensor("fc.weight", 8, 40)],
        shape=("batch", "time"),
        dtype=TensorProto.INT64,
    )
    done = trained(
        assigned(file, tmp_path, data={"source": "builtin", "name": "characters", "length": 20}, steps=4)
    )
    assert done.prepared.accepted.plan.inputs["main"].shape == (20,)
    assert done.prepared.examples.target.shape == (20,)


@pytest.mark.parametrize(
    ("y", "loss", "kind"),
    [
        (np.arange(90) % 3, "CrossEntropyLoss", "class-index"),
        (np.zeros((90, 3), np.float32), "MSELoss", "real"),
        (np.arange(90) % 3, "MSELoss", "one-hot"),
    ],
)
def test_uploaded_data_fit_by_the_same_rules_as_for_networks_written_out(tmp_path, y, loss, kind):
    x = np.random.default_rng(0).standard_normal((90, 4)).astype(np.float32)
    dataset = npz(tmp_path, x, y)
    done = trained(
        assigned(
            classifier(), tmp_path, data=UPLOADED, dataset=dataset, training={"loss": {"type": loss}}, steps=3
        )
    )
    assert done.prepared.examples.target.kind == kind
    assert done.outcome.steps_run == 3


def test_tokens_beyond_the_table_are_refused_by_their_values(tmp_path):
    dataset = npz(tmp_path, np.full((20, 7), 11), np.arange(20) % 3)
    with pytest.raises(UnfitData, match="11"):
        prepare(assigned(file_of("lstm"), tmp_path, data=UPLOADED, dataset=dataset))


def test_a_batch_that_is_baked_in_is_used_whatever_was_asked_for_and_reported(tmp_path):
    done = trained(assigned(baked(7), tmp_path, data=IRIS, steps=45))
    assert done.prepared.imported.report.batch == 7
    # 150 examples make 21 whole batches of 7 in an epoch, and the plan is of 5 epochs of 7 at a time
    assert done.prepared.imported.planned_steps == 5 * 22
    assert done.outcome.steps_run == 45


def test_a_batch_larger_than_all_the_data_is_refused(tmp_path):
    with pytest.raises(InvalidSubmission, match="batches of 200 examples only, and the data have 150"):
        prepare(assigned(baked(200), tmp_path, data=IRIS))


def test_data_of_another_shape_are_refused_with_their_place(tmp_path):
    with pytest.raises(InvalidSubmission) as refused:
        prepare(assigned(classifier(width=5), tmp_path, data=IRIS))
    (problem,) = refused.value.problems
    assert problem.pointer == "/data"
    assert "takes numbers of shape [5]" in problem.message


def test_activations_of_a_batch_are_limited_for_files_too(tmp_path):
    with pytest.raises((InvalidSubmission, RefusedNetwork), match=r"activation_values|limit is 100"):
        prepare(assigned(file_of("mlp"), tmp_path, limits=Limits(activation_values=100)))


def test_layers_and_parameters_are_limited_for_files_too(tmp_path):
    for limits in (Limits(layers=3), Limits(parameters=100)):
        with pytest.raises(InvalidSubmission, match="limit"):
            prepare(assigned(file_of("mlp"), tmp_path, limits=limits))


def test_seeds_differ_in_order_and_dropout_alone_where_weights_are_given(tmp_path):
    one, other = (prepare(assigned(classifier(), tmp_path, data=IRIS, seed=seed)) for seed in (0, 1))
    pairs = zip(*(each.networks.modules["main"].parameters() for each in (one, other)), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    losses = [
        trained(
            assigned(classifier(dropout=True), tmp_path, data=IRIS, seed=seed, steps=2)
        ).outcome.first_loss
        for seed in (0, 1, 0)
    ]
    assert losses[0] == losses[2] != losses[1]


def test_fresh_weights_differ_by_seed(tmp_path):
    fresh = {"weights": "reinitialize"}
    one, other = (
        prepare(assigned(classifier(), tmp_path, network=fresh, data=IRIS, seed=seed)) for seed in (0, 1)
    )
    first, second = (each.networks.modules["main"].parameter_of["fc.weight"] for each in (one, other))
    assert not torch.equal(first, second)


def test_frozen_parameters_do_not_move(tmp_path):
    done = trained(assigned(file_of("mlp"), tmp_path, network={"freeze": ["hidden.*"]}, steps=5))
    moved = done.prepared.networks.modules["main"].parameter_of
    given = dict(original("mlp").named_parameters())
    assert all(torch.equal(moved[name], given[name]) == name.startswith("hidden.") for name in given)


def test_other_inputs_are_filled_and_an_edit_is_applied(tmp_path):
    nodes = [
        node("Mul", ["x", "mask"], ["m"]),
        node("Gemm", ["m", "fc.weight"], ["h"]),
        node("Sigmoid", ["h"], ["y"]),
    ]
    file = model(nodes, [tensor("fc.weight", 4, 3)])
    file.graph.input.append(type(file.graph.input[0])())
    file.graph.input[1].CopyFrom(file.graph.input[0])
    file.graph.input[1].name = "mask"
    said = {"fill": {"mask": 0.0}, "edits": [{"replace": "Sigmoid", "by": "ReLU"}]}
    network = prepare(assigned(file, tmp_path, network=said, data=IRIS)).networks.modules["main"]
    assert network(torch.ones(2, 4)).eq(0).all()
    assert "ReLU" in {planned.layer.type for planned in network.planned}
    with pytest.raises(RefusedNetwork, match="fill"):
        prepare(assigned(file, tmp_path, data=IRIS))


@pytest.mark.parametrize(
    "precision", [{"precision": "bf16"}, {"precision": "bf16", "precision_mode": "pure"}]
)
def test_other_precisions_work_on_files(tmp_path, precision):
    done = trained(assigned(file_of("transformer"), tmp_path, training=precision, steps=3))
    assert done.outcome.steps_run == 3


def test_a_file_that_is_not_there_is_our_fault(tmp_path):
    order = assigned(classifier(), tmp_path, data=IRIS).model_copy(update={"network_path": None})
    with pytest.raises(DataMissing):
        prepare(order)


def test_a_frozen_batch_of_an_export_trains(tmp_path):
    data = exported(original("lstm"), example("lstm", 5), dynamic=False)
    done = trained(assigned(data, tmp_path, steps=3))
    assert done.prepared.imported.report.batch == 5


@pytest.mark.parametrize("written", [True, False])
def test_weights_that_look_at_the_data_look_at_the_first_batch_of_the_run(tmp_path, written):
    rules = [{"match": "*", "weight": "lsuv", "bias": "zeros"}]
    assignment = assigned(classifier(), tmp_path, network={"init": rules}, data=IRIS, seed=3)
    if written:
        layers = [{"type": "Linear", "out_features": 3, "name": "fc"}]
        told = {"network": {"input": {"shape": [4]}, "layers": layers, "init": rules}}
        body = assignment.order.submission.model_dump(mode="json", exclude_unset=True) | told
        order = assignment.order.model_copy(update={"submission": Submission.model_validate(body)})
        assignment = assignment.model_copy(update={"order": order, "network_path": None})
    prepared = prepare(assignment)
    x, _ = next(batches(prepared.examples, 32, 3))
    with torch.no_grad():
        output = prepared.networks.modules["main"](x)
    assert output.var(correction=0).item() == pytest.approx(1.0, abs=0.1)
