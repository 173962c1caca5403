"""Files that come with a submission, and what it says of them itself."""

import pytest

from service.errors import InvalidSubmission
from service.schemas.attaching import attached
from service.schemas.body.reading import read_body
from service.schemas.limits import Limits

MODEL, DATA = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def body(text):
    return read_body(text.encode(), "application/yaml", Limits())


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("project: p", {"onnx": MODEL}),
        ("network:", {"onnx": MODEL}),
        ("network: {freeze: [a]}", {"onnx": MODEL, "freeze": ["a"]}),
        (f"network: {{onnx: '{MODEL}'}}", {"onnx": MODEL}),
    ],
)
def test_the_network_is_the_file_that_came(text, network):
    assert attached(body(text), MODEL, None).tree["network"] == network


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("project: p", {}),
        ("data:", {}),
        ("data: {preprocess: standardize}", {"preprocess": "standardize"}),
        (f"data: {{source: dataset, digest: '{DATA}'}}", {}),
    ],
)
def test_the_data_are_the_file_that_came(text, data):
    assert attached(body(text), None, DATA).tree["data"] == {"source": "dataset", "digest": DATA, **data}


def test_nothing_changes_where_nothing_came():
    written = body("network: {layers: [ReLU]}\ndata: {source: builtin, name: xor}")
    assert attached(written, None, None) == written


@pytest.mark.parametrize(
    ("text", "pointer", "line"),
    [
        ("a: 1\nnetwork: {layers: []}", "/network/layers", 2),
        ("a: 1\nnetworks: {}", "/networks", 2),
        ("a: 1\nnetwork: [1]", "/network", 2),
        (f"network:\n  onnx: {DATA}", "/network/onnx", 2),
        ("data: {source: builtin}", "/data/source", 1),
        ("data: 3", "/data", 1),
        (f"data: {{digest: '{MODEL}'}}", "/data/digest", 1),
    ],
)
def test_a_submission_that_says_something_else_is_refused_with_the_place(text, pointer, line):
    with pytest.raises(InvalidSubmission) as caught:
        attached(body(text), MODEL, DATA)
    (problem,) = caught.value.problems
    assert (problem.pointer, problem.line) == (pointer, line)
    assert problem.hint


def test_both_contradictions_are_told_at_once():
    with pytest.raises(InvalidSubmission) as caught:
        attached(body("network: {layers: []}\ndata: {source: builtin}"), MODEL, DATA)
    assert len(caught.value.problems) == 2
