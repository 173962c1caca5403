"""What may be said of a network from a file, and what is said where it is wrong."""

import pytest
from pydantic import ValidationError

from service.schemas.onnx import OnnxSpec
from service.schemas.problems import problems_of
from service.schemas.submission import Submission

DIGEST = "sha256:" + "0" * 64
TRAINING = {"loss": "CrossEntropyLoss", "optimizer": "SGD", "steps": 10}


def refused(network):
    body = {"network": network, "training": TRAINING}
    with pytest.raises(ValidationError) as caught:
        Submission.model_validate(body)
    return problems_of(caught.value, body, model=Submission)


def test_the_key_onnx_makes_a_network_one_from_a_file():
    network = Submission.model_validate({"network": {"onnx": DIGEST}, "training": TRAINING}).network
    assert network == OnnxSpec(onnx=DIGEST)


def test_a_submission_is_written_as_it_was_read():
    written = {
        "network": {
            "onnx": DIGEST,
            "fill": {"attention_mask": 1.0},
            "sizes": {"time": 12},
            "init": [{"match": "h.*", "weight": {"scheme": "orthogonal"}}],
            "freeze": ["embedding.*"],
            "edits": [
                {"replace": "Sigmoid", "by": "LeakyReLU", "arguments": {"negative_slope": 0.1}},
                {"insert": "BatchNorm", "after": "conv*"},
                {"residual": {"start": "h.0", "end": "h.3"}},
                {"add_bias": "head"},
            ],
        },
        "training": TRAINING,
        "trials": {"mode": "off"},
    }
    submission = Submission.model_validate(written)
    again = submission.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert again["network"] == written["network"]
    assert Submission.model_validate(again) == submission


@pytest.mark.parametrize(
    ("part", "pointer", "words"),
    [
        ({"onnx": "model.onnx"}, "/network/onnx", "sha256"),
        ({"fill": {"mask": "nan"}}, "/network/fill/mask", "a finite number"),
        ({"sizes": {"time": 0}}, "/network/sizes/time", "above 0"),
        ({"sizes": {"time": 10_000_000}}, "/network/sizes/time", "at most 1000000"),
        ({"weights": "random"}, "/network/weights", "'as-given' or 'reinitialize'"),
        ({"layers": []}, "/network/layers", "no field `layers`"),
        ({"freez": ["*"]}, "/network/freez", "no field `freez`"),
        ({"edits": [{"swap": "ReLU"}]}, "/network/edits/0", "one of the keys replace, insert"),
        ({"edits": ["ReLU"]}, "/network/edits/0", "one of the keys replace, insert"),
        ({"edits": [{"insert": "Norm", "after": "*"}]}, "/network/edits/0/insert", "'BatchNorm'"),
        ({"edits": [{"residual": {"start": "a"}}]}, "/network/edits/0/residual/end", "missing"),
        ({"edits": [{"add_bias": "a\nb"}]}, "/network/edits/0/add_bias", "a string of the form"),
    ],
)
def test_faults_point_at_what_was_written(part, pointer, words):
    (problem,) = refused({"onnx": DIGEST, **part})
    assert problem.pointer == pointer
    assert words in problem.message


def test_a_misspelled_field_of_a_file_gets_a_hint():
    (problem,) = refused({"onnx": DIGEST, "freez": ["*"]})
    assert problem.hint == "did you mean freeze?"


def test_a_network_that_is_neither_is_held_to_be_written_out():
    assert {problem.pointer for problem in refused({})} == {"/network/input", "/network/layers"}


def test_files_are_not_taken_among_several_networks():
    body = {"networks": {"critic": {"onnx": DIGEST}}, "training": TRAINING}
    with pytest.raises(ValidationError) as caught:
        Submission.model_validate(body)
    pointers = {problem.pointer for problem in problems_of(caught.value, body, model=Submission)}
    assert "/networks/critic/onnx" in pointers
