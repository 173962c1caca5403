"""Whole submissions: what is accepted, and how what is not is explained."""

import json
from copy import deepcopy

import pytest
import yaml

from service.errors import InvalidSubmission, MalformedBody
from service.schemas.data import DatasetInfo
from service.schemas.intake import accept, read
from service.schemas.limits import Limits
from service.schemas.submission import Submission

LIMITS = Limits()
DIGITS = {
    "network": {
        "input": {"shape": [64]},
        "layers": [
            {"repeat": 20, "name": "h", "body": [{"type": "Linear", "out_features": 64}, "Sigmoid"]},
            {"type": "Linear", "out_features": 10, "name": "head"},
        ],
    },
    "training": {
        "loss": "CrossEntropyLoss",
        "optimizer": {"type": "Adam", "lr": 1e-3},
        "batch_size": 64,
        "epochs": 30,
    },
    "data": {"source": "builtin", "name": "digits"},
}
DIGEST = "sha256:" + "0" * 64


def no_dataset(_digest):
    return None


def changed(**parts):
    """The submission with parts replaced, dots reaching inside: training__epochs=3."""
    tree = deepcopy(DIGITS)
    for path, value in parts.items():
        *way, last = path.split("__")
        inner = tree
        for key in way:
            inner = inner.setdefault(key, {})
        inner[last] = value
        if value is None:
            del inner[last]
    return tree


def read_tree(tree, limits=LIMITS, dataset=no_dataset):
    return read(json.dumps(tree).encode(), "application/json", limits, dataset)


def problems_of(tree, limits=LIMITS, dataset=no_dataset):
    with pytest.raises(InvalidSubmission) as caught:
        read_tree(tree, limits, dataset)
    return {problem.pointer: problem for problem in caught.value.problems}


def test_the_design_s_example_is_accepted():
    accepted = read_tree(DIGITS)
    assert (accepted.planned_steps, accepted.run_steps, accepted.examples) == (870, 300, 1797)
    assert len(accepted.plan.layers) == 41
    assert 1e10 < accepted.cost < 1e12


def test_yaml_and_json_and_a_parsed_submission_are_accepted_alike():
    from_json = read_tree(DIGITS)
    assert read(yaml.safe_dump(DIGITS).encode(), "application/yaml", LIMITS, no_dataset) == from_json
    assert accept(Submission.model_validate(DIGITS), LIMITS, no_dataset) == from_json


def test_an_accepted_submission_is_accepted_again_after_storage():
    stored = read_tree(DIGITS).submission.model_dump_json()
    again = accept(Submission.model_validate_json(stored), LIMITS, no_dataset)
    assert again == read_tree(DIGITS)


def test_every_problem_is_named_at_once_with_its_line():
    body = b"""
network:
  input: {shape: [63]}
  layerz: 3
  layers:
    - {type: Liner, out_features: 64}
    - {type: Linear, out_featurs: 64}
    - Dense
    - {type: add}
    - 7
training: {loss: mse, optimizer: {type: adam, lr: -1}, epochs: 30, steps: 3}
probing: {steps: foo, seeds: 1000}
data: {source: builtin, name: digit}
projet: 3
"""
    with pytest.raises(InvalidSubmission) as caught:
        read(body, "application/yaml", LIMITS, no_dataset)
    found = [(problem.line, problem.pointer, problem.hint) for problem in caught.value.problems]
    assert found == [
        (4, "/network/layerz", "did you mean layers?"),
        (6, "/network/layers/0", "did you mean Linear?"),
        (7, "/network/layers/1/out_features", None),
        (7, "/network/layers/1/out_featurs", "did you mean out_features?"),
        (8, "/network/layers/2", "did you mean Linear?"),
        (9, "/network/layers/3", "write `op: add`"),
        (10, "/network/layers/4", None),
        (11, "/training/loss", "did you mean MSELoss?"),
        (11, "/training/optimizer/type", "did you mean Adam?"),
        (11, "/training/optimizer/lr", None),
        (12, "/probing/steps", None),
        (13, "/data/name", "did you mean digits?"),
        (14, "/projet", "did you mean project?"),
    ]
    assert caught.value.detail.startswith("line 4: there is no field `layerz` here (and 12 more")


def test_sound_parts_are_checked_even_where_others_are_not():
    tree = changed(training__steps=3, probing={"seeds": 1000}, network__input={"shape": [8, 8]}, projet=1)
    tree["network"]["layers"].insert(0, {"type": "Unflatten", "dim": 1, "unflattened_size": [3, 3]})
    assert set(problems_of(tree)) >= {"/projet", "/training/steps", "/probing/seeds"}


@pytest.mark.parametrize("missing", ["training", "network"])
def test_a_missing_part_is_named(missing):
    assert problems_of(changed(**{missing: None}))


def test_both_network_and_networks_are_one_too_many():
    tree = changed(networks={"main": DIGITS["network"]})
    assert "exactly one" in problems_of(tree)[""].message


@pytest.mark.parametrize("body", [b"[1, 2]", b"", b"just words"])
def test_a_body_that_is_no_mapping_is_malformed(body):
    with pytest.raises(MalformedBody, match="not a mapping"):
        read(body, "application/yaml", LIMITS, no_dataset)


def test_a_shape_problem_comes_with_its_pointer():
    tree = changed(network__layers=[{"type": "Bilinear", "out_features": 3}])
    assert any(pointer.startswith("/network/layers/0") for pointer in problems_of(tree))


def test_units_must_be_enough_for_the_classes():
    tree = changed()
    tree["network"]["layers"][1]["out_features"] = 9
    problem = problems_of(tree)["/network/layers/1"]
    assert problem.hint == "end the network in 10 units"


def test_the_input_must_hold_the_data():
    problem = problems_of(changed(network__input={"shape": [63]}))["/network/input/shape"]
    assert problem.hint == "write shape: [64]"


@pytest.mark.parametrize("shape", [[64], [8, 8], [1, 8, 8]])
def test_digits_fit_every_shape_of_64_numbers(shape):
    layers = ["Flatten", {"type": "Linear", "out_features": 10}]
    tree = changed(network__input={"shape": shape}, network__layers=layers[len(shape) == 1 :])
    assert read_tree(tree).examples == 1797


@pytest.mark.parametrize(
    ("loss", "units", "end"),
    [
        ("MSELoss", 10, "Softmax"),
        ("MSELoss", 1, "Softmax"),
        ("BCELoss", 10, "Softmax"),
        ("CrossEntropyLoss", 10, "Softmax"),
        ("CrossEntropyLoss", 1, "Softmax"),
        ("CrossEntropyLoss", 12, "ReLU"),
        ("BCEWithLogitsLoss", 10, "Sigmoid"),
        ("BCEWithLogitsLoss", 1, "Sigmoid"),
        ("L1Loss", 1, "ReLU"),
    ],
)
def test_sick_networks_are_accepted_where_torch_could_run_them(loss, units, end):
    tree = changed(training__loss=loss)
    tree["network"]["layers"][1:] = [{"type": "Linear", "out_features": units}, end]
    assert read_tree(tree).run_steps == 300


def test_an_upload_must_be_there():
    problem = problems_of(changed(data={"source": "dataset", "digest": DIGEST}))["/data/digest"]
    assert "uploaded" in problem.message


def test_an_upload_is_held_against_network_and_loss():
    def found(digest):
        return DatasetInfo(
            digest=digest, bytes=10, examples=100, x_shape=(64,), x_dtype="float", y_shape=(), y_dtype="int"
        )

    tree = changed(data={"source": "dataset", "digest": DIGEST})
    assert read_tree(tree, dataset=found).planned_steps == 60
    tree["training"]["loss"] = "MSELoss"
    tree["network"]["input"]["shape"] = [32]
    assert set(problems_of(tree, dataset=found)) == {"/network/input/shape"}


def test_without_data_the_task_is_made_to_fit():
    accepted = read_tree(changed(data=None))
    assert (accepted.examples, accepted.submission.data) == (1024, None)


def test_several_networks_need_the_adversarial_loss():
    networks = {"a": DIGITS["network"], "b": DIGITS["network"]}
    assert "trains one network" in problems_of(changed(network=None, networks=networks))["/networks"].message
    alone = problems_of(changed(training__loss="Wasserstein"))
    assert "generator" in alone["/network"].message


def adversarial(made=2, noise=8):
    return {
        "networks": {
            "generator": {"input": {"shape": [noise]}, "layers": [{"type": "Linear", "out_features": made}]},
            "critic": {"input": {"shape": [2]}, "layers": [{"type": "Linear", "out_features": 1}]},
        },
        "training": {"loss": "Wasserstein", "optimizer": "RMSprop", "steps": 100},
        "data": {"source": "builtin", "name": "ring"},
    }


def test_a_generator_and_a_critic_are_accepted():
    assert read_tree(adversarial()).planned_steps == 100


def test_the_generator_must_make_what_the_critic_takes():
    assert "generator makes" in problems_of(adversarial(made=3))["/networks/generator/layers/0"].message


def test_limits_are_checked_before_anything_is_run():
    found = problems_of(
        changed(training__batch_size=200, training__epochs=10**9, probing={"steps": 5000, "seeds": 30}),
        Limits(batch_size=100, seeds=3, steps=1000),
    )
    assert {"/training/batch_size", "/probing/seeds", "/probing/steps"} <= set(found)
    assert "limit `planned_steps`" in problems_of(changed(training__epochs=10**9))["/training/epochs"].message
    assert "multiply-adds" in problems_of(DIGITS, Limits(multiply_adds=1e6))["/training/batch_size"].message
    assert (
        "activation_values"
        in problems_of(DIGITS, Limits(activation_values=10_000))["/training/batch_size"].message
    )


def test_a_warm_up_longer_than_the_plan_is_refused():
    tree = changed(training__schedule={"warmup_steps": 1000})
    assert "/training/schedule/warmup_steps" in problems_of(tree)


def test_synthetic_examples_are_held_to_the_bytes_of_an_upload():
    tree = changed(network__input__shape=[3, 224, 224], data={"source": "synthetic"})
    tree["network"]["layers"].insert(0, "Flatten")
    problem = problems_of(tree)["/data/examples"]
    assert "dataset_bytes" in problem.message
    assert problem.hint == "write data: {source: synthetic, examples: 332}"
    tree["data"]["examples"] = 332
    assert read_tree(tree).examples == 332


def test_classes_cannot_be_standardised_as_targets():
    data = {"source": "builtin", "name": "digits", "target_preprocess": "standardize"}
    assert "classes" in problems_of(changed(data=data))["/data/target_preprocess"].message
