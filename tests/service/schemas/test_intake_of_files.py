"""Submissions of files: what is said before the file is read, and what after."""

import json
from copy import deepcopy

import pytest

from service.errors import InvalidSubmission
from service.schemas.intake import Accepted, Pending, fitted, read
from service.schemas.limits import Limits
from service.schemas.onnx import NetworkFile
from service.schemas.plan import Layer, Tensor
from service.schemas.planned import Plan, PlannedLayer
from service.schemas.submission import Submission

LIMITS = Limits()
DIGEST = "sha256:" + "1" * 64
WRITTEN = {
    "network": {"onnx": DIGEST},
    "training": {"loss": "CrossEntropyLoss", "optimizer": "SGD", "batch_size": 64, "epochs": 2},
    "probing": {"seeds": 2},
    "data": {"source": "builtin", "name": "digits"},
}


def changed(**parts):
    return {**deepcopy(WRITTEN), **parts}


def no_dataset(_digest):
    return None


def uploaded(digest):
    return NetworkFile(digest=digest, bytes=1) if digest == DIGEST else None


def read_tree(tree, dataset=no_dataset, network=uploaded, **options):
    return read(json.dumps(tree).encode(), "application/json", LIMITS, dataset, network, **options)


def problems_of(tree, **options):
    with pytest.raises(InvalidSubmission) as caught:
        read_tree(tree, **options)
    return {problem.pointer: problem for problem in caught.value.problems}


IMAGE, CLASSES = Tensor(shape=(64,)), Tensor(shape=(10,))


def plan(entry=IMAGE, output=CLASSES, parameters=650, ends=None, layers=1):
    made = tuple(
        PlannedLayer(
            Layer(
                depth=depth,
                network="main",
                name=f"h.{depth}",
                type="Linear",
                family="linear",
                inputs=(depth - 1,),
                output=output,
                parameters=parameters,
                multiply_adds=640,
                pointer="/network/onnx",
            )
        )
        for depth in range(layers)
    )
    return Plan({"main": made}, {"main": layers - 1}, {"main": entry}, ends or {})


def refused(found, tree=WRITTEN, limits=LIMITS, dataset=no_dataset, batch=None):
    with pytest.raises(InvalidSubmission) as caught:
        fitted(Submission.model_validate(tree), found, limits, dataset, batch=batch)
    return {problem.pointer: problem for problem in caught.value.problems}


def test_a_file_is_pending():
    assert read_tree(WRITTEN) == Pending(Submission.model_validate(WRITTEN))


def test_both_uploads_are_asked_for_at_once():
    tree = changed(data={"source": "dataset", "digest": "sha256:" + "2" * 64})
    found = problems_of(tree, network=no_dataset)
    assert set(found) == {"/network/onnx", "/data/digest"}
    assert "part `model`" in found["/network/onnx"].hint


def test_everything_beside_the_file_is_checked_before_it_is_read():
    tree = changed(
        training={"loss": "CrossEntropyLoss", "optimizer": "SGD", "steps": 10, "batch_size": 10**6},
        probing={"seeds": 21},
        data={"source": "builtin", "name": "xor", "length": 3},
        policy="1900.1",
        trials={"variants": [{"name": "control", "patch": [{"op": "remove", "path": "/data"}]}]},
    )
    assert set(problems_of(tree)) == {
        "/training/batch_size",
        "/probing/seeds",
        "/data/length",
        "/policy",
        "/trials/variants/0/name",
    }


def test_an_adversarial_loss_trains_no_single_file():
    found = problems_of(changed(training={"loss": "Wasserstein", "optimizer": "RMSprop", "steps": 9}))
    assert "generator" in found["/network"].message


@pytest.mark.parametrize(
    ("edit", "pointer", "words"),
    [
        ({"by": "Relu"}, "/network/edits/0/by", "did you mean ReLU?"),
        ({"by": "Conv2d"}, "/network/edits/0/by", "known are"),
        ({"by": "ELU", "arguments": {"alfa": 1}}, "/network/edits/0/arguments/alfa", "did you mean alpha?"),
        ({"by": "ELU", "arguments": {"alpha": "x"}}, "/network/edits/0/arguments/alpha", None),
    ],
)
def test_an_activation_that_is_to_come_in_is_checked(edit, pointer, words):
    found = problems_of(changed(network={"onnx": DIGEST, "edits": [{"replace": "Sigmoid", **edit}]}))
    assert set(found) == {pointer}
    assert words is None or words in found[pointer].hint


def test_an_activation_that_comes_in_is_described_with_its_arguments():
    edit = {"replace": "Sigmoid", "by": "LeakyReLU", "arguments": {"negative_slope": 0.3}}
    network = read_tree(changed(network={"onnx": DIGEST, "edits": [edit]})).submission.network
    assert network.edits[0].spec.arguments(Tensor(shape=(3,))) == {"negative_slope": 0.3}


def test_names_of_remedies_are_checked_where_they_are_known():
    tree = changed(trials={"names": ["clip-gradient"]})
    assert isinstance(read_tree(tree), Pending)
    found = problems_of(tree, remedies=["clip-gradients", "add-bias"])
    assert found["/trials/names/0"].hint == "did you mean clip-gradients?"


def test_faults_of_form_and_of_sense_are_told_together():
    tree = changed(project="/nowhere", probing={"seeds": 21})
    assert set(problems_of(tree)) == {"/project", "/probing/seeds"}


def test_a_plan_made_from_a_file_is_costed_like_a_written_one():
    found = fitted(Submission.model_validate(WRITTEN), plan(), LIMITS, no_dataset)
    assert isinstance(found, Accepted)
    assert (found.examples, found.planned_steps, found.run_steps) == (1797, 58, 58)
    assert found.cost == pytest.approx(2 * 58 * (3 * 640 * 64 + 1e6))


def test_recurrent_layers_of_a_file_cost_by_the_steps_that_flow_in():
    alone = plan().networks["main"][0]
    looped = PlannedLayer(
        alone.layer.model_copy(update={"type": "LSTM", "family": "recurrent"}),
        inputs=(Tensor(shape=(50, 8)),),
    )
    found = fitted(
        Submission.model_validate(WRITTEN),
        Plan({"main": (looped,)}, {"main": 0}, {"main": Tensor(shape=(64,))}),
        LIMITS,
        no_dataset,
    )
    assert found.cost == pytest.approx(2 * 58 * (3 * 640 * 64 + 1e6 + 50 * 2e5))


def test_what_follows_the_last_layer_is_what_the_loss_sees():
    flat = plan(output=Tensor(shape=(2, 5)), ends={"main": Tensor(shape=(10,))})
    assert fitted(Submission.model_validate(WRITTEN), flat, LIMITS, no_dataset).plan is flat


def test_data_that_do_not_fit_a_file_are_refused_with_what_can_be_done():
    problem = refused(plan(entry=Tensor(shape=(3, 32, 32))))["/data"]
    assert "shape [64]; the network takes numbers of shape [3, 32, 32]" in problem.message
    assert "export" in problem.hint


def test_tokens_beyond_the_vocabulary_of_a_file_are_refused():
    tree = changed(data={"source": "builtin", "name": "characters"})
    small = plan(entry=Tensor(shape=(5,), dtype="int", vocab=20), output=Tensor(shape=(5, 32)))
    assert "32 different tokens; the network knows 20" in refused(small, tree)["/data"].message
    tree["network"] = {"onnx": DIGEST, "vocab": 20}
    assert "/network/vocab" in refused(small, tree)


def test_an_output_that_the_loss_cannot_take_is_refused():
    tree = changed(training={"loss": "CrossEntropyLoss", "optimizer": "SGD", "steps": 5})
    assert "/network/onnx" in refused(plan(output=Tensor(shape=(3,))), tree)


def test_a_file_with_nothing_to_train_is_refused():
    assert "nothing to train" in refused(plan(parameters=0))["/network"].message


def test_a_file_is_held_to_the_limits_of_what_was_written():
    assert "limit `layers`" in refused(plan(layers=5), limits=Limits(layers=4))["/network/onnx"].message
    found = refused(plan(), limits=Limits(parameters=600))
    assert "650 parameters" in found["/network/onnx"].message
    assert (
        "multiply-adds" in refused(plan(), limits=Limits(multiply_adds=1e6))["/training/batch_size"].message
    )


def test_a_batch_that_is_frozen_needs_as_many_examples():
    accepted = fitted(Submission.model_validate(WRITTEN), plan(), LIMITS, no_dataset, batch=64)
    assert accepted.examples == 1797
    problem = refused(plan(), batch=2000)["/data"]
    assert "batches of 2000 alone" in problem.message
