import pytest
from pydantic import ValidationError

from service.schemas.init_rules import init_rules_for
from service.schemas.initialization import InitRule, scheme_names
from service.schemas.layers.registry import kinds
from tests.service.schemas.networks import layers_of, linear, network, refused

LAYERS = (
    {"repeat": 2, "name": "h", "body": [linear(8), "LayerNorm", "PReLU"]},
    linear(2, name="head"),
)


def resolved(rules, *layers):
    spec = network(*(layers or LAYERS), init=rules)
    made = layers_of(*(layers or LAYERS), init=rules)
    return {layer.name: init_rules_for(spec, layer) for layer in made}


def test_a_glob_crosses_dots_and_the_type_narrows_it():
    found = resolved([{"match": "h.*", "layer": "Linear", "weight": {"scheme": "kaiming_normal"}}])
    assert found["h.1.linear"].weight.scheme == "kaiming_normal"
    assert found["h.1.layernorm"].weight is None
    assert found["head"].weight is None


def test_of_several_rules_the_later_wins_tensor_by_tensor():
    found = resolved(
        [
            {"weight": "xavier_normal", "bias": "zeros"},
            {"match": "head", "weight": {"scheme": "constant", "val": 3}},
        ]
    )
    assert found["head"].weight.arguments() == {"val": 3}
    assert found["head"].bias.scheme == "zeros"
    assert found["h.0.linear"].weight.scheme == "xavier_normal"


def test_a_scheme_passes_over_weights_that_it_cannot_fill():
    found = resolved([{"weight": "orthogonal"}])
    assert found["h.0.layernorm"].weight is None
    assert found["h.0.linear"].weight.scheme == "orthogonal"


@pytest.mark.parametrize(
    ("rule", "place", "message", "hint"),
    [
        ({"match": "x*", "weight": "ones"}, "match", "none matches x*", "h.0.linear (Linear)"),
        ({"layer": "Conv2d", "weight": "ones"}, "match", "none of type Conv2d matches *", "h.0.linear"),
        (
            {"layer": "Linaer", "weight": "ones"},
            "layer",
            "there is no layer type Linaer",
            "did you mean Linear?",
        ),
        (
            {"layer": "LayerNorm", "weight": "xavier_normal"},
            "weight",
            "cannot fill the weight of a LayerNorm",
            "ones",
        ),
        ({"layer": "Linear", "recurrent": "orthogonal"}, "recurrent", "is recurrent", "weight"),
    ],
)
def test_a_rule_that_does_nothing_is_refused(rule, place, message, hint):
    problems = refused(*LAYERS, init=[{"weight": "ones"}, rule])
    assert list(problems) == [f"/network/init/1/{place}"]
    problem = problems[f"/network/init/1/{place}"]
    assert message in problem.message
    assert hint in problem.hint


def test_rules_can_speak_of_recurrent_weights():
    gru = {"type": "GRU", "hidden_size": 4}
    found = resolved(
        [{"recurrent": "orthogonal", "bias": "zeros"}], {"type": "Reshape", "shape": [4, 2]}, gru
    )
    assert found["gru"].recurrent.scheme == "orthogonal"
    assert found["gru"].weight is None
    problems = refused({"type": "Reshape", "shape": [4, 2]}, gru, init=[{"recurrent": "dirac"}])
    assert "cannot fill a matrix" in problems["/network/init/0/recurrent"].message


def test_every_scheme_of_torch_can_be_written_and_one_that_looks_at_the_data():
    assert set(scheme_names()) == {
        "uniform", "normal", "trunc_normal", "constant", "ones", "zeros", "eye", "dirac", "xavier_uniform",
        "xavier_normal", "kaiming_uniform", "kaiming_normal", "orthogonal", "sparse", "lsuv",
    }  # fmt: skip


@pytest.mark.parametrize(
    "rule",
    [
        {"bias": "xavier_uniform"},
        {"weight": {"scheme": "uniform", "a": 1, "b": 1}},
        {"weight": {"scheme": "constant"}},
        {"weight": {"scheme": "sparse"}},
        {"weight": {"scheme": "kaiming_normal", "gain": 2}},
        {"weight": "he_normal"},
        {},
    ],
)
def test_schemes_with_the_wrong_arguments_are_refused(rule):
    with pytest.raises(ValidationError):
        InitRule.model_validate(rule)


def test_kinds_with_weights_say_how_many_dimensions_they_have():
    assert kinds()["Conv2d"].weight_dimensions == 4
    assert kinds()["LayerNorm"].weight_dimensions == 1
    assert kinds()["ReLU"].weight_dimensions == 0
