"""Cures that draw weights anew."""

from typing import Any

from tests.service.diagnosis.remedies.cases import deep, linear, proposed, written


def rules(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {suffix: tree["network"]["init"][0]["weight"] for suffix, tree in found.items()}


def test_rectifiers_get_he_and_tanh_gets_glorot() -> None:
    relu = rules(proposed("reinitialize", written(deep("ReLU")), "poor-initialization"))
    assert relu["he"] == {"scheme": "kaiming_normal", "nonlinearity": "relu"}
    assert relu["orthogonal"] == {"scheme": "orthogonal", "gain": 1.4142}
    assert relu["lsuv"] == {"scheme": "lsuv"}
    tanh = rules(proposed("reinitialize", written(deep("Tanh")), "poor-initialization"))
    assert next(iter(tanh)) == "xavier"
    assert tanh["orthogonal"] == {"scheme": "orthogonal"}


def test_deep_rectifiers_begin_orthogonal_first() -> None:
    found = proposed("reinitialize", written(deep("ReLU", 30)), "poor-initialization")
    assert next(iter(found)) == "orthogonal"


def test_new_rules_stand_behind_old_ones_and_biases_begin_at_zero() -> None:
    old = {"match": "h*", "layer": "Linear", "weight": {"scheme": "normal", "std": 0.01}}
    tree = proposed("reinitialize", written(deep("ReLU"), init=[old]), "poor-initialization")["he"]
    assert tree["network"]["init"][0]["weight"] == {"scheme": "normal", "std": 0.01}
    assert tree["network"]["init"][1]["bias"] == {"scheme": "zeros"}
    assert tree["network"]["init"][2]["match"] == "head"


def test_sines_get_what_a_siren_needs_and_its_first_layer_too() -> None:
    siren = [
        linear(64, name="first"),
        {"type": "Sine"},
        linear(64),
        {"type": "Sine"},
        linear(10, name="head"),
    ]
    tree = proposed(
        "reinitialize", written(siren, shape=(2,), data={"source": "builtin", "name": "moons"}), "x"
    )["siren"]
    assert tree["network"]["init"][0]["weight"]["scheme"] == "kaiming_uniform"
    assert tree["network"]["init"][-1] == {
        "match": "first", "weight": {"scheme": "uniform", "a": -0.5, "b": 0.5},
    }  # fmt: skip


def test_recurrent_weights_become_orthogonal() -> None:
    data = {"source": "builtin", "name": "adding", "length": 5}
    training = {"loss": "MSELoss"}
    recurrent = written(
        [{"type": "LSTM", "hidden_size": 4}, linear(1)], shape=(5, 2), data=data, training=training
    )
    tree = proposed("reinitialize", recurrent, "exploding-through-time")["xavier"]
    assert {"scheme": "orthogonal"} in [rule.get("recurrent") for rule in tree["network"]["init"]]
