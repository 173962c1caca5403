import math

import pytest
import torch
from torch import nn

from service.schemas.initialization import scheme_names
from tests.workers.networks.building import named, network
from workers.errors import CannotBuild

torch.set_num_threads(1)


def linear(scheme, out=64, features=32):
    layers = [{"type": "Linear", "out_features": out, "name": "l"}]
    return named(network([features], layers, init=[{"weight": scheme}]), "l").weight.detach()


def conv(scheme, **fields):
    layers = [{"type": "Conv2d", "out_channels": 8, "kernel_size": 3, "name": "c", **fields}]
    return named(network([4, 5, 5], layers, init=[{"weight": scheme}]), "c").weight.detach()


def is_orthogonal(matrix):
    rows = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    return torch.allclose(rows @ rows.T, torch.eye(len(rows)), atol=1e-5)


def test_there_is_a_scheme_for_every_function_of_torch_nn_init():
    functions = {name[:-1] for name in dir(nn.init) if name.endswith("_") and not name.startswith("_")}
    assert set(scheme_names()) == {*functions, "lsuv"}


def test_the_scheme_that_looks_at_the_data_begins_orthogonal():
    assert is_orthogonal(linear("lsuv"))


@pytest.mark.parametrize(
    ("scheme", "limit"),
    [
        ({"scheme": "uniform", "a": -0.5, "b": 0.5}, 0.5),
        ("xavier_uniform", math.sqrt(6 / (32 + 64))),
        ({"scheme": "xavier_uniform", "gain": 2.0}, 2 * math.sqrt(6 / (32 + 64))),
        ({"scheme": "kaiming_uniform", "nonlinearity": "relu"}, math.sqrt(6 / 32)),
        ({"scheme": "kaiming_uniform", "mode": "fan_out", "nonlinearity": "linear"}, math.sqrt(3 / 64)),
        ({"scheme": "trunc_normal", "a": -0.5, "b": 0.5}, 0.5),
    ],
)
def test_bounded_schemes_fill_up_to_their_bound(scheme, limit):
    weight = linear(scheme)
    assert 0.98 * limit < weight.abs().max().item() <= limit


@pytest.mark.parametrize(
    ("scheme", "std"),
    [
        ({"scheme": "normal", "std": 0.3}, 0.3),
        ("xavier_normal", math.sqrt(2 / (32 + 64))),
        ({"scheme": "kaiming_normal", "nonlinearity": "relu"}, math.sqrt(2 / 32)),
        ({"scheme": "kaiming_normal", "a": 1.0}, math.sqrt(1 / 32)),
    ],
)
def test_gaussian_schemes_have_their_deviation(scheme, std):
    assert linear(scheme).std().item() == pytest.approx(std, rel=0.05)


def test_exact_schemes_are_exact():
    assert torch.equal(linear({"scheme": "constant", "val": 0.7}), torch.full((64, 32), 0.7))
    assert torch.equal(linear("ones"), torch.ones(64, 32))
    assert torch.equal(linear("zeros"), torch.zeros(64, 32))
    assert torch.equal(linear("eye"), torch.eye(64, 32))
    assert is_orthogonal(linear("orthogonal"))
    assert (linear({"scheme": "sparse", "sparsity": 0.25}) == 0).sum(dim=0).tolist() == [16] * 32
    x = torch.randn(1, 4, 5, 5)
    passed = nn.functional.conv2d(x, conv("dirac"), padding=1)
    assert torch.equal(passed[:, :4], x)


def test_the_fan_of_a_convolution_is_torchs():
    he = {"scheme": "kaiming_normal", "nonlinearity": "relu"}
    assert conv(he, out_channels=512).std().item() == pytest.approx(math.sqrt(2 / (4 * 9)), rel=0.05)
    assert conv(he, out_channels=512, groups=2).std().item() == pytest.approx(
        math.sqrt(2 / (2 * 9)), rel=0.05
    )


def test_a_scheme_draws_from_the_layers_own_stream():
    assert torch.equal(linear("orthogonal"), linear("orthogonal"))


@pytest.mark.parametrize(("layer_type", "gates"), [("RNN", 1), ("GRU", 3), ("LSTM", 4)])
def test_every_gate_is_orthogonal_by_itself(layer_type, gates):
    layers = [{"type": layer_type, "hidden_size": 6, "num_layers": 2, "bidirectional": True, "name": "r"}]
    built = network([5, 4], layers, init=[{"recurrent": "orthogonal", "weight": "orthogonal"}])
    weights = dict(named(built, "r").core.named_parameters())
    pieces = [piece for name in weights if "weight" in name for piece in weights[name].detach().chunk(gates)]
    assert len(pieces) == 8 * gates
    assert all(is_orthogonal(piece) for piece in pieces)


def test_weight_and_recurrent_are_told_apart():
    layers = [{"type": "LSTM", "hidden_size": 6, "name": "r"}]
    core = named(network([5, 4], layers, init=[{"weight": "ones", "bias": "zeros"}]), "r").core
    assert (core.weight_ih_l0 == 1).all()
    assert (core.bias_ih_l0 == 0).all()
    assert (core.bias_hh_l0 == 0).all()
    assert core.weight_hh_l0.std() > 0
    core = named(network([5, 4], layers, init=[{"recurrent": "eye"}]), "r").core
    assert torch.equal(core.weight_hh_l0, torch.eye(6).repeat(4, 1))
    assert core.weight_ih_l0.std() > 0


def test_the_projections_of_attention_are_maps_of_their_own():
    layers = [{"type": "SelfAttention", "num_heads": 2, "name": "a"}]
    core = named(network([3, 8], layers, init=[{"weight": "orthogonal", "bias": "ones"}]), "a").core
    assert all(is_orthogonal(piece) for piece in core.in_proj_weight.detach().chunk(3))
    assert is_orthogonal(core.out_proj.weight.detach())
    assert (core.in_proj_bias == 1).all()
    assert (core.out_proj.bias == 1).all()


def test_the_norms_inside_a_transformer_layer_are_left_alone():
    layers = [{"type": "TransformerEncoderLayer", "nhead": 2, "dim_feedforward": 16, "name": "t"}]
    rule = {"weight": {"scheme": "normal", "std": 0.02}, "bias": {"scheme": "constant", "val": 0.5}}
    core = named(network([3, 8], layers, init=[rule]), "t").core
    for norm in (core.norm1, core.norm2):
        assert (norm.weight == 1).all()
        assert (norm.bias == 0).all()
    for linear in (core.linear1, core.linear2, core.self_attn.out_proj):
        assert linear.weight.std() < 0.03
        assert (linear.bias == 0.5).all()


def test_rules_find_layers_by_glob_and_type_and_the_later_one_wins():
    body = [
        {"type": "Linear", "out_features": 4},
        {"type": "Bilinear", "out_features": 4, "from": ["linear", "linear"]},
    ]
    built = network(
        [4],
        [{"repeat": 2, "name": "h", "body": body}, {"type": "Linear", "out_features": 4, "name": "head"}],
        init=[
            {"match": "h.*", "weight": "zeros"},
            {"match": "*", "layer": "Bilinear", "weight": "ones"},
            {"match": "head", "weight": "eye", "bias": "ones"},
        ],
    )
    for i in range(2):
        assert (named(built, f"h.{i}.linear").weight == 0).all()
        assert (named(built, f"h.{i}.bilinear").weight == 1).all()
    assert torch.equal(named(built, "head").weight, torch.eye(4))
    assert (named(built, "head").bias == 1).all()
    assert (named(built, "h.0.linear").bias != 0).any()


def test_a_rule_for_a_norm_fills_its_gain():
    layers = [{"type": "BatchNorm1d", "name": "n"}]
    built = network(
        [4], layers, init=[{"layer": "BatchNorm1d", "weight": {"scheme": "constant", "val": 0.1}}]
    )
    assert (named(built, "n").weight == 0.1).all()


def test_a_scheme_that_torch_refuses_names_the_layer():
    with pytest.raises(CannotBuild, match=r"Layer c cannot be built: .*divisible"):
        conv({"scheme": "dirac", "groups": 3})
