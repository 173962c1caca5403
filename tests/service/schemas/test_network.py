import json
import warnings

import jsonschema
import pytest
from pydantic import ValidationError

from service.schemas.layers.activation import Plain
from service.schemas.layers.linear import Linear
from service.schemas.network import NetworkSpec, Repeat
from service.schemas.submission import Submission
from tests.service.schemas.networks import linear, network

EVERYTHING = {
    "input": {"shape": [3, 8, 8]},
    "layers": [
        {"type": "Conv2d", "out_channels": 4, "kernel_size": 3, "padding": "same", "name": "stem"},
        "ReLU",
        {"repeat": 2, "name": "h", "body": [{"residual": {"body": ["Tanh"], "shortcut": ["Identity"]}}]},
        {"use": "block", "with": {"width": 4}, "from": "h"},
        {"op": "concat", "from": ["stem", "block"], "dim": 1},
        "Flatten",
        linear(10, name="head"),
    ],
    "blocks": {
        "block": {
            "parameters": {"width": None},
            "layers": [{"type": "Conv2d", "out_channels": "$width", "kernel_size": 1}],
        }
    },
    "init": [
        {"match": "head", "layer": "Linear", "weight": "zeros", "bias": {"scheme": "constant", "val": 0.1}}
    ],
    "defaults": "keras",
    "output": "head",
}


def test_a_bare_string_is_a_layer_without_arguments():
    assert network(linear(4), "Sigmoid").layers[1] == Plain(type="Sigmoid")


def test_items_are_told_apart_by_their_keys():
    spec = network(linear(4), {"repeat": 2, "body": [linear(4)]})
    assert isinstance(spec.layers[0], Linear)
    assert isinstance(spec.layers[1], Repeat)


@pytest.mark.filterwarnings("error")
def test_a_network_survives_the_way_through_json():
    spec = NetworkSpec.model_validate(EVERYTHING)
    assert NetworkSpec.model_validate_json(spec.model_dump_json()) == spec
    assert NetworkSpec.model_validate(spec.model_dump(mode="json")) == spec


def test_a_dump_speaks_the_words_of_the_client():
    written = json.loads(NetworkSpec.model_validate(EVERYTHING).model_dump_json(exclude_unset=True))
    assert written["layers"][4] == {"op": "concat", "from": ["stem", "block"], "dim": 1}
    assert written["layers"][3] == {"use": "block", "with": {"width": 4}, "from": "h"}


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_the_json_schema_is_valid_and_takes_what_the_service_takes(mode):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schema = NetworkSpec.model_json_schema(mode=mode)
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    dumped = NetworkSpec.model_validate(EVERYTHING).model_dump(mode="json")
    validator.validate(EVERYTHING if mode == "validation" else dumped)


def test_the_json_schema_nests_by_reference():
    schema = json.dumps(NetworkSpec.model_json_schema())
    assert schema.count('"#/$defs/Body"') == 4
    assert len(json.dumps(Submission.model_json_schema())) < 200_000


def test_every_faulty_item_is_found_at_once():
    with pytest.raises(ValidationError) as refused:
        network("Linaer", {"type": "Linear"}, {"repeat": 0, "body": []}, {"residual": {}}, 3)
    places = {error["loc"][1] for error in refused.value.errors()}
    assert places == {0, 1, 2, 3, 4}


def test_an_item_with_a_fault_does_not_make_its_list_look_empty():
    with pytest.raises(ValidationError) as refused:
        network({"repeat": 2, "body": ["Linaer"]})
    assert [error["type"] for error in refused.value.errors()] == ["union_tag_invalid"]


@pytest.mark.parametrize(
    "more",
    [
        {"input": {"shape": [0]}},
        {"input": {"shape": [1] * 7}},
        {"input": {"shape": [4], "dtype": "int"}},
        {"input": {"shape": [4], "vocab": 4}},
        {"layers": []},
        {"layers": [{"repeat": 2, "body": []}]},
        {"blocks": {"a b": {"layers": ["ReLU"]}}},
        {"init": [{"match": "*"}]},
        {"defaults": "jax"},
    ],
)
def test_what_makes_no_sense_is_refused(more):
    with pytest.raises(ValidationError):
        NetworkSpec.model_validate({"input": {"shape": [4]}, "layers": [linear(2)], **more})
