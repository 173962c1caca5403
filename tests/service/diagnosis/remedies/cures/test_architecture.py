"""Cures that change layers: norms, shortcuts, activations, biases, gates, masks."""

import math
from typing import Any

import pytest

from service.diagnosis.remedies import catalogue
from tests.service.diagnosis.remedies.cases import case_of, deep, evidence_of, linear, proposed, written

FIRST = {"source": "builtin", "name": "first_token", "length": 100, "classes": 4}


def types(tree: dict[str, Any]) -> list[str]:
    return [layer.type for layer in evidence_of(tree).layers]


def tokens(*layers: Any, length: int = 100) -> dict[str, Any]:
    body = [{"type": "Embedding", "embedding_dim": 16}, *layers, linear(4, name="head")]
    return written(body, shape=(length,), vocab=4, data=FIRST | {"length": length})


def test_a_batch_norm_comes_before_each_hidden_activation_and_not_behind_the_head() -> None:
    (tree,) = proposed("add-batch-norm", written(deep("Sigmoid", 2)), "vanishing-gradient").values()
    assert types(tree) == ["Linear", "BatchNorm1d", "Sigmoid"] * 2 + ["Linear"]


def test_what_is_normalised_already_gets_no_second_norm() -> None:
    normed = written(deep("ReLU", 2, 64, "LayerNorm"))
    assert proposed("add-batch-norm", normed, "vanishing-gradient") == {}
    assert proposed("add-layer-norm", normed, "exploding-signal") == {}


def test_a_layer_norm_fits_images_and_sequences() -> None:
    conv = {"type": "Conv2d", "out_channels": 4, "kernel_size": 3}
    images = written([conv, "ReLU", "Flatten", linear(10)], shape=(1, 8, 8))
    (tree,) = proposed("add-layer-norm", images, "input-scale").values()
    assert tree["network"]["layers"][1] == {"type": "LayerNorm", "normalized_shape": [4, 6, 6]}
    sequence = tokens(
        {"type": "LSTM", "hidden_size": 8, "output": "sequence"}, {"type": "LSTM", "hidden_size": 8}
    )
    (tree,) = proposed("add-layer-norm", sequence, "exploding-through-time").values()
    assert types(tree) == ["Embedding", "LSTM", "LayerNorm", "LSTM", "Linear"]


def test_branches_that_begin_at_zero_have_a_norm_that_does() -> None:
    tree = proposed("add-residual", written(deep("ReLU")), "exploding-gradient")["zero-gamma"]
    assert types(tree)[:4] == ["Linear", "BatchNorm1d", "add", "ReLU"]
    rule = tree["network"]["init"][-1]
    assert (rule["match"], rule["weight"]) == ("h.*.gate", {"scheme": "zeros"})


def test_saturating_layers_are_summed_behind_their_activation_first() -> None:
    found = list(proposed("add-residual", written(deep("Sigmoid")), "vanishing-gradient"))
    assert set(found) == {"norm", "plain", "zero-gamma"}
    assert proposed("add-residual", written([linear(64), "ReLU", linear(10)]), "vanishing-gradient") == {}


def test_an_activation_comes_with_its_weights_and_the_last_one_stays() -> None:
    ending = [linear(64), "Tanh", linear(64), "Tanh", linear(1, name="head"), "Tanh"]
    found = proposed("replace-activation", written(ending), "vanishing-gradient")
    assert set(found) == {"relu", "gelu", "silu", "elu", "leakyrelu", "prelu", "selu", "softplus"}
    assert types(found["selu"]) == ["Linear", "SELU", "Linear", "SELU", "Linear", "Tanh"]
    hidden, head = found["selu"]["network"]["init"]
    assert hidden["weight"] == {"scheme": "kaiming_normal", "nonlinearity": "linear"}
    assert (hidden["bias"], head["match"]) == ({"scheme": "zeros"}, "head")


def test_a_cell_with_a_relu_gets_tanh() -> None:
    cell = {"type": "LSTM", "hidden_size": 8, "activation": "relu"}
    plain = {"type": "RNN", "hidden_size": 8, "nonlinearity": "relu"}
    found = proposed(
        "replace-activation", tokens(cell | {"output": "sequence"}, plain), "exploding-through-time"
    )
    lstm, rnn = found["tanh"]["network"]["layers"][1:3]
    assert (lstm["activation"], rnn["nonlinearity"]) == ("tanh", "tanh")


def test_layers_without_a_bias_get_one_unless_a_norm_shifts_them() -> None:
    bare = [linear(8, bias=False), "BatchNorm1d", "ReLU", linear(10, bias=False)]
    (tree,) = proposed("add-bias", written(bare), "missing-bias").values()
    assert [layer.get("bias") for layer in tree["network"]["layers"]] == [False, None, None, True]
    assert proposed("add-bias", written(deep()), "missing-bias") == {}


def test_hidden_layers_of_few_units_get_four_times_as_many_and_the_head_stays() -> None:
    (tree,) = proposed("add-units", written(deep("Sigmoid", 2, 3)), "not-learning").values()
    body, head = tree["network"]["layers"]
    assert (body["body"][0]["out_features"], head["out_features"]) == (12, 10)
    assert proposed("add-units", written(deep("Sigmoid", 2, 9)), "not-learning") == {}
    assert proposed("add-units", written([linear(10)]), "not-learning") == {}


def test_a_cell_that_explodes_becomes_a_gru_and_one_that_forgets_stays() -> None:
    cell = {"type": "LSTM", "hidden_size": 8, "activation": "relu"}
    found = proposed("use-gated-recurrence", tokens(cell), "exploding-through-time")
    assert found["gru"]["network"]["layers"][1] == {"type": "GRU", "name": "lstm", "hidden_size": 8}
    assert "gru" not in proposed("use-gated-recurrence", tokens(cell), "vanishing-through-time")


def test_plain_recurrence_is_gated_and_remembers_over_the_whole_sequence() -> None:
    rnn = {"type": "RNN", "hidden_size": 32, "nonlinearity": "relu", "name": "memory"}
    found = proposed("use-gated-recurrence", tokens(rnn), "vanishing-through-time")
    lstm = found["lstm-log"]["network"]["layers"][1]
    assert (lstm["type"], lstm["name"], lstm["hidden_size"]) == ("LSTM", "memory", 32)
    assert lstm["forget_bias"] == pytest.approx(math.log(100), abs=0.01)
    assert found["gru"]["network"]["layers"][1] == {"type": "GRU", "name": "memory", "hidden_size": 32}
    assert proposed("use-gated-recurrence", written(deep()), "vanishing-through-time") == {}


def numbers(*layers: Any, length: int = 100) -> dict[str, Any]:
    data = {"source": "builtin", "name": "adding", "length": length}
    return written(
        [*layers, linear(1, name="head")],
        shape=(length, 2),
        data=data,
        training={"loss": "MSELoss", "optimizer": "Adam"},
    )


def test_gates_that_add_up_come_first_for_tokens_and_those_that_average_for_numbers() -> None:
    rnn = {"type": "RNN", "hidden_size": 8}
    for submission, first in ((tokens(rnn), "lstm-log"), (numbers(rnn), "gru")):
        case = case_of(evidence_of(submission), "vanishing-through-time")
        (known,) = [known for known in catalogue() if known.name == "use-gated-recurrence"]
        assert min(known.propose(case), key=lambda proposal: proposal.later).suffix == first


def test_the_forget_gate_begins_open() -> None:
    found = proposed(
        "raise-forget-bias", tokens({"type": "LSTM", "hidden_size": 8}), "vanishing-through-time"
    )
    biases = {suffix: tree["network"]["layers"][1]["forget_bias"] for suffix, tree in found.items()}
    assert biases == {"log": pytest.approx(math.log(100), abs=0.01), "one": 1.0}
    assert (
        proposed("raise-forget-bias", tokens({"type": "GRU", "hidden_size": 8}), "vanishing-through-time")
        == {}
    )


def test_weights_between_steps_begin_orthogonal_or_as_the_identity() -> None:
    rnn = {"type": "RNN", "hidden_size": 8, "nonlinearity": "relu"}
    found = proposed("orthogonal-recurrence", tokens(rnn), "exploding-through-time")
    schemes = {suffix: tree["network"]["init"][0]["recurrent"]["scheme"] for suffix, tree in found.items()}
    assert schemes == {"identity": "eye", "": "orthogonal"}


def test_every_step_of_attention_gets_something_to_see() -> None:
    blind = {"type": "SelfAttention", "num_heads": 2, "mask": "all"}
    found = proposed("mask-safely", tokens(blind, {"op": "mean"}, length=8), "non-finite-origin")
    assert {suffix: tree["network"]["layers"][1]["mask"] for suffix, tree in found.items()} == {
        "none": "none",
        "causal": "causal",
    }
    seeing = {"type": "SelfAttention", "num_heads": 2, "mask": "causal"}
    assert proposed("mask-safely", tokens(seeing, {"op": "mean"}, length=8), "non-finite-origin") == {}


def test_transformers_are_normalised_before_their_sublayers() -> None:
    layer = {"type": "TransformerEncoderLayer", "nhead": 4, "dim_feedforward": 16}
    found = proposed(
        "use-pre-norm", tokens({"repeat": 3, "body": [layer]}, {"op": "mean"}, length=8), "exploding-gradient"
    )
    assert found[""]["network"]["layers"][1]["body"][0]["norm_first"] is True
    first = layer | {"norm_first": True}
    assert proposed("use-pre-norm", tokens(first, {"op": "mean"}, length=8), "exploding-gradient") == {}


def test_a_norm_behind_a_sum_written_by_hand_moves_into_the_branch() -> None:
    attention = {"residual": {"body": [{"type": "SelfAttention", "num_heads": 2}]}}
    by_hand = tokens(attention, "LayerNorm", {"op": "mean"}, length=8)
    tree = proposed("use-pre-norm", by_hand, "exploding-gradient")["by-hand"]
    assert types(tree) == ["Embedding", "LayerNorm", "SelfAttention", "add", "mean", "Linear"]


def test_dropout_comes_behind_each_hidden_activation() -> None:
    (tree,) = proposed("add-dropout", written(deep("ReLU", 2)), "exploding-gradient").values()
    assert types(tree) == ["Linear", "ReLU", "Dropout"] * 2 + ["Linear"]


@pytest.mark.parametrize(
    "blocker",
    [
        {"type": "Dropout", "p": 1.0},
        {"type": "Threshold", "threshold": 20.0, "value": 0.0},
        {"type": "Hardtanh", "min_val": 20.0, "max_val": 30.0},
    ],
)
def test_what_lets_nothing_through_leaves(blocker: dict[str, Any]) -> None:
    blocked = written([linear(32), blocker, linear(32), "ReLU", linear(10)])
    (tree,) = proposed("unblock-gradient", blocked, "no-gradient").values()
    assert types(tree) == ["Linear", "Linear", "ReLU", "Linear"]


def test_usual_dropout_and_clamps_stay() -> None:
    usual = written([linear(32), {"type": "Dropout", "p": 0.5}, "Hardtanh", linear(10)])
    assert proposed("unblock-gradient", usual, "no-gradient") == {}


def test_rules_made_for_a_plain_recurrence_are_not_left_to_a_gated_one() -> None:
    loud = {"match": "memory", "recurrent": {"scheme": "normal", "std": 1.0}}
    submission = tokens({"type": "RNN", "hidden_size": 8, "name": "memory"})
    submission["network"]["init"] = [loud]
    tree = proposed("use-gated-recurrence", submission, "exploding-through-time")["lstm"]
    assert tree["network"]["init"][-1]["recurrent"] == {"scheme": "orthogonal"}
