"""The arguments that a layer is built with."""

import pytest

from service.schemas.layers.registry import kinds
from tests.service.schemas.layers.specs import floats, integers, spec


def test_sizes_that_follow_from_the_input_are_filled_in():
    assert spec("Linear", out_features=3).arguments(floats(5, 7)) == {
        "in_features": 7,
        "out_features": 3,
        "bias": True,
    }
    assert spec("BatchNorm2d").arguments(floats(5, 7, 7))["num_features"] == 5
    assert spec("LayerNorm").arguments(floats(5, 7))["normalized_shape"] == (7,)
    assert spec("Embedding", embedding_dim=2).arguments(integers(4, vocab=9))["num_embeddings"] == 9


def test_one_number_stands_for_every_axis():
    arguments = spec("Conv2d", out_channels=4, kernel_size=3).arguments(floats(1, 8, 8))
    assert arguments["kernel_size"] == (3, 3)
    assert arguments["stride"] == arguments["dilation"] == (1, 1)
    assert arguments["padding"] == (0, 0)


def test_weight_normalization_is_no_argument_of_torch():
    assert "norm" not in spec("Conv1d", out_channels=4, kernel_size=3, norm="weight").arguments(floats(1, 8))
    assert "norm" not in spec("Linear", out_features=4, norm="spectral").arguments(floats(8))


def test_a_dropout_between_layers_is_dropped_where_there_is_one_layer():
    assert spec("GRU", hidden_size=2, dropout=0.5).arguments(floats(3, 4))["dropout"] == 0.0
    assert spec("GRU", hidden_size=2, dropout=0.5, num_layers=2).arguments(floats(3, 4))["dropout"] == 0.5


def test_an_lstm_carries_its_cell_activation_and_its_forget_bias():
    arguments = spec("LSTM", hidden_size=2, activation="relu", forget_bias=3).arguments(floats(3, 4))
    assert arguments["cell_activation"] == "relu"
    assert arguments["forget_bias"] == 3.0
    assert arguments["output"] == "last"


@pytest.mark.parametrize(
    ("name", "arguments", "inner"),
    [
        ("RNN", {"hidden_size": 2}, "Tanh"),
        ("RNN", {"hidden_size": 2, "nonlinearity": "relu"}, "ReLU"),
        ("LSTM", {"hidden_size": 2, "activation": "relu"}, "ReLU"),
        ("GRU", {"hidden_size": 2}, "Tanh"),
        ("TransformerEncoderLayer", {"nhead": 2, "activation": "gelu"}, "GELU"),
        ("Linear", {"out_features": 2}, None),
    ],
)
def test_layers_say_which_activation_is_inside_of_them(name, arguments, inner):
    assert spec(name, **arguments).inner_activation == inner
    assert inner is None or inner in kinds()


def test_reshape_and_permute_are_handed_on_worked_out():
    assert spec("Reshape", shape=[2, -1]).arguments(floats(12)) == {"shape": (2, 6)}
    assert spec("Permute", dims=[2, 1]).arguments(floats(3, 4)) == {"dims": (0, 2, 1)}
