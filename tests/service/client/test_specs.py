import json

import pytest

from service.client.specs import JSON, YAML, prepared
from service.errors import ClinicError

DIGEST = "sha256:" + 64 * "0"


def test_text_to_which_nothing_is_added_goes_out_as_it_is() -> None:
    spec = prepared("project: p  # mine", YAML)
    assert (spec.content, spec.media_type) == ("project: p  # mine", YAML)


@pytest.mark.parametrize("text", ["network: {weights: reinitialize}", b"network: {weights: reinitialize}"])
def test_a_file_is_named_beside_what_was_said_of_it(text: str | bytes) -> None:
    spec = prepared(text, YAML, network=DIGEST)
    assert spec.media_type == JSON
    assert json.loads(spec.content) == {"network": {"weights": "reinitialize", "onnx": DIGEST}}


def test_a_network_that_is_written_out_and_sent_too_is_refused() -> None:
    with pytest.raises(ClinicError):
        prepared("network: {layers: [ReLU]}", YAML, network=DIGEST)


def test_a_mapping_becomes_json() -> None:
    assert json.loads(prepared({"project": "p"}, YAML).content) == {"project": "p"}


def test_faults_of_json_have_no_lines() -> None:
    spec = prepared('{"project": "p"}', JSON, origin={"commit": "c"})
    problem = {"problems": [{"pointer": "/project", "message": "m"}]}
    assert spec.with_lines(problem) == problem
