"""Fresh values against torch's own layers: the same bits from the same seed."""

import math

import pytest
import torch
from torch import nn

from service.schemas.initialization import Initialization
from workers.networks.fresh import fill_layer
from workers.networks.parts import Part


def filled(*placed, rules=None, seed=3):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        fill_layer(placed, rules)
    return [parameter.detach() for _, parameter, _ in placed]


def empty(*shape, value=7.0):
    return nn.Parameter(torch.full(shape, value))


def torchs(kind, *arguments, seed=3, **keywords):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return kind(*arguments, **keywords)


def rules(**schemes):
    return Initialization.model_validate(schemes)


@pytest.mark.parametrize("turned", [False, True])
def test_a_linear_layer_begins_with_the_bits_of_torchs(turned):
    weight, bias = filled(
        ("w", empty(6, 4) if not turned else empty(4, 6), Part("linear", turned)),
        ("b", empty(6), Part("bias")),
    )
    layer = torchs(nn.Linear, 4, 6)
    assert torch.equal(weight.t() if turned else weight, layer.weight)
    assert torch.equal(bias, layer.bias)


@pytest.mark.parametrize(
    ("layer", "arguments"), [(nn.Conv2d, (4, 6, 3)), (nn.Conv1d, (4, 6, 5)), (nn.ConvTranspose2d, (4, 6, 3))]
)
def test_a_convolution_too(layer, arguments):
    made = torchs(layer, *arguments)
    weight, bias = filled(
        ("w", empty(*made.weight.shape), Part("convolution")), ("b", empty(*made.bias.shape), Part("bias"))
    )
    assert torch.equal(weight, made.weight)
    assert torch.equal(bias, made.bias)


def test_a_recurrent_layer_too_and_packed_ones_stay_in_its_bounds():
    made = torchs(nn.GRU, 4, 5)
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    parts = (Part("input", gates=3), Part("recurrent", gates=3), Part("bias"), Part("bias"))
    shapes = [getattr(made, name).shape for name in names]
    found = filled(*((n, empty(*s), p) for n, s, p in zip(names, shapes, parts, strict=True)))
    assert all(torch.equal(each, getattr(made, name)) for each, name in zip(found, names, strict=True))
    (packed,) = filled(("w", empty(2, 20, 4), Part("input", gates=4)))
    assert 0.9 / math.sqrt(5) < packed.abs().max() <= 1 / math.sqrt(5)


def test_an_embedding_too():
    assert torch.equal(filled(("w", empty(9, 4), Part("embedding")))[0], torchs(nn.Embedding, 9, 4).weight)


def test_attention_begins_with_zero_biases_and_glorots_projections():
    weight, bias = filled(
        ("a.in_proj_weight", empty(12, 4), Part("projections")), ("a.in_proj_bias", empty(12), Part("bias"))
    )
    made = torchs(nn.MultiheadAttention, 4, 2)
    assert bias.eq(0).all()
    # torch draws out_proj first, so the bits are others: glorot of (12, 4) has this bound
    assert 0.9 * math.sqrt(6 / 16) < weight.abs().max() <= math.sqrt(6 / 16)
    assert made.in_proj_bias.eq(0).all()


def test_norms_and_slopes_begin_as_torchs():
    placed = [
        ("s", empty(4), Part("scale")),
        ("b", empty(4), Part("shift")),
        ("p", empty(4, 1), Part("slope")),
    ]
    scale, shift, slope = filled(*placed)
    assert (scale.unique().tolist(), shift.unique().tolist(), slope.unique().tolist()) == (
        [1.0],
        [0.0],
        [0.25],
    )


def test_what_torch_has_no_layer_for_keeps_its_size_and_what_is_constant_stays():
    given = torch.randn(50, 40, generator=torch.Generator().manual_seed(0)) * 3 + 5
    table, ones = filled(("t", nn.Parameter(given.clone()), Part("free")), ("o", empty(8), Part("free")))
    assert not torch.equal(table, given)
    assert table.mean() == pytest.approx(5, abs=0.2)
    assert table.std() == pytest.approx(3, abs=0.2)
    assert ones.eq(7).all()


@pytest.mark.parametrize(
    ("part", "shape"), [(Part("linear", turned=True), (400, 100)), (Part("linear"), (100, 400))]
)
def test_fans_are_those_of_the_map_and_not_of_how_it_lies(part, shape):
    """400 inputs, 100 units: std² = 2 / fan."""
    incoming, outgoing = (
        filled(("w", empty(*shape), part), rules=rules(weight=scheme))[0].std().item()
        for scheme in (
            {"scheme": "kaiming_normal", "nonlinearity": "relu"},
            {"scheme": "kaiming_normal", "nonlinearity": "relu", "mode": "fan_out"},
        )
    )
    assert incoming == pytest.approx(math.sqrt(2 / 400), rel=0.03)
    assert outgoing == pytest.approx(math.sqrt(2 / 100), rel=0.03)


def test_orthogonality_is_that_of_every_gate():
    (weight,) = filled(
        ("w", empty(2, 12, 3), Part("recurrent", gates=4)), rules=rules(recurrent="orthogonal")
    )
    for gate in weight.flatten(0, 1).chunk(8):
        torch.testing.assert_close(gate @ gate.t(), torch.eye(3))


def test_rules_fill_what_they_name_and_torchs_default_the_rest():
    weight, bias = filled(
        ("w", empty(6, 4), Part("linear")), ("b", empty(6), Part("bias")), rules=rules(bias="zeros")
    )
    assert bias.eq(0).all()
    assert torch.equal(weight, torchs(nn.Linear, 4, 6).weight)


def test_half_weights_stay_half():
    (weight,) = filled(("w", nn.Parameter(torch.zeros(6, 4, dtype=torch.float16)), Part("linear")))
    assert weight.dtype == torch.float16
    assert weight.std() > 0
