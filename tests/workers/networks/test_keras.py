import math

import pytest
import torch

from tests.workers.networks.building import named, network

torch.set_num_threads(1)


def keras(shape, layer, **rest):
    return named(network(shape, [{**layer, "name": "l"}], defaults="keras", **rest), "l")


def is_glorot(weight, fan_in, fan_out):
    limit = math.sqrt(6 / (fan_in + fan_out))
    return 0.9 * limit < weight.abs().max().item() <= limit


@pytest.mark.parametrize(
    ("shape", "layer", "fans"),
    [
        ([30], {"type": "Linear", "out_features": 20}, (30, 20)),
        ([6, 9], {"type": "Conv1d", "out_channels": 8, "kernel_size": 3}, (18, 24)),
        ([6, 9, 9], {"type": "Conv2d", "out_channels": 8, "kernel_size": 3}, (54, 72)),
        ([6, 9, 9], {"type": "Conv2d", "out_channels": 8, "kernel_size": 3, "groups": 2}, (27, 72)),
        ([6, 9, 9], {"type": "ConvTranspose2d", "out_channels": 8, "kernel_size": 3}, (54, 72)),
    ],
)
def test_kernels_are_glorot_uniform_and_biases_zero(shape, layer, fans):
    module = keras(shape, layer)
    assert is_glorot(module.weight, *fans)
    assert (module.bias == 0).all()


@pytest.mark.parametrize(("layer_type", "gates"), [("RNN", 1), ("GRU", 3), ("LSTM", 4)])
def test_recurrent_kernels_are_one_orthogonal_matrix(layer_type, gates):
    core = keras([5, 20], {"type": layer_type, "hidden_size": 10, "num_layers": 2}).core
    assert is_glorot(core.weight_ih_l0, 20, gates * 10)
    for weight in (core.weight_hh_l0, core.weight_hh_l1):
        assert torch.allclose(weight.T @ weight, torch.eye(10), atol=1e-5)


def test_an_lstm_begins_by_remembering():
    core = keras([5, 20], {"type": "LSTM", "hidden_size": 2}).core
    assert (core.bias_ih_l0 + core.bias_hh_l0).tolist() == [0, 0, 1, 1, 0, 0, 0, 0]
    core = keras([5, 20], {"type": "GRU", "hidden_size": 2}).core
    assert (core.bias_ih_l0 + core.bias_hh_l0).tolist() == [0] * 6


def test_embeddings_are_small_and_uniform():
    weight = keras([5], {"type": "Embedding", "embedding_dim": 30}, dtype="int", vocab=40).weight
    assert 0.049 < weight.abs().max().item() <= 0.05


def test_every_projection_of_attention_is_glorot_uniform():
    core = keras([5, 24], {"type": "SelfAttention", "num_heads": 2}).core
    assert all(is_glorot(piece, 24, 24) for piece in (*core.in_proj_weight.chunk(3), core.out_proj.weight))
    assert (core.in_proj_bias == 0).all()
    assert (core.out_proj.bias == 0).all()


@pytest.mark.parametrize(
    ("shape", "layer", "eps"),
    [
        ([4], {"type": "BatchNorm1d"}, 1e-3),
        ([4], {"type": "LayerNorm"}, 1e-3),
        ([4], {"type": "GroupNorm", "num_groups": 2}, 1e-3),
        ([4], {"type": "RMSNorm"}, 1e-6),
    ],
)
def test_norms_have_keras_epsilon_unless_one_is_written(shape, layer, eps):
    assert keras(shape, layer).eps == eps
    assert keras(shape, {**layer, "eps": 0.5}).eps == 0.5


def test_the_norms_of_a_transformer_layer_have_it_too():
    layer = {"type": "TransformerEncoderLayer", "nhead": 2, "dim_feedforward": 8}
    assert keras([3, 4], layer).core.norm1.eps == 1e-3
    assert keras([3, 4], {**layer, "layer_norm_eps": 0.5}).core.norm2.eps == 0.5


def test_batch_norm_forgets_slowly_unless_a_momentum_is_written():
    assert keras([4], {"type": "BatchNorm1d"}).momentum == 0.01
    assert keras([4], {"type": "BatchNorm1d", "momentum": 0.3}).momentum == 0.3


def test_slopes_begin_at_zero_unless_one_is_written():
    assert keras([4], {"type": "PReLU"}).weight.tolist() == [0.0]
    assert keras([4], {"type": "PReLU", "init": 0.5}).weight.tolist() == [0.5]


def test_rules_win_over_the_defaults():
    module = keras([4], {"type": "Linear", "out_features": 3}, init=[{"bias": "ones"}])
    assert (module.bias == 1).all()
    assert is_glorot(module.weight, 4, 3)


def test_what_keras_does_not_have_begins_as_torchs():
    layer = {"type": "Bilinear", "out_features": 3, "from": ["input", "input"]}
    torchs = named(network([4], [{**layer, "name": "l"}]), "l")
    assert torch.equal(keras([4], layer).weight, torchs.weight)
