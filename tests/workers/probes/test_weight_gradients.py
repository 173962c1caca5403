import math

import pytest
import torch
from torch import nn


def oracle(*gradients):
    everything = torch.cat([g.double().reshape(-1) for g in gradients])
    return {
        "weight_gradient_rms": everything.square().mean().sqrt().item(),
        "weight_gradient_max": everything.abs().max().item(),
        "weight_gradient_mean": everything.mean().item(),
        "weight_gradient_zero_share": (everything == 0).double().mean().item(),
        "weight_gradient_nonfinite_count": 0.0,
    }


def check(row, expected):
    for name, value in expected.items():
        assert getattr(row, name) == pytest.approx(value, rel=1e-5), name


def test_a_linear_layer_agrees_with_autograd_and_leaves_the_bias_out(watch):
    layer = nn.Linear(7, 5).double()
    x = torch.randn(9, 7, dtype=torch.float64)
    rows = watch([layer], x)
    (gradient,) = torch.autograd.grad(layer(x).square().mean(), [layer.weight])
    check(rows.at(0), oracle(gradient))


def test_all_matrices_of_an_lstm_are_taken_together(watch):
    class LSTM(nn.LSTM):
        def forward(self, x):
            return super().forward(x)[0]

    layer = LSTM(3, 4, num_layers=2, batch_first=True)
    x = torch.randn(5, 6, 3)
    rows = watch([layer], x)
    matrices = [p for name, p in layer.named_parameters() if name.startswith("weight")]
    check(rows.at(0), oracle(*torch.autograd.grad(layer(x).square().mean(), matrices)))


def test_a_normalization_is_measured_by_its_scale(watch):
    layer = nn.LayerNorm(4)
    x = torch.randn(8, 4)
    rows = watch([layer, nn.Tanh()], x)
    (gradient,) = torch.autograd.grad(torch.tanh(layer(x)).square().mean(), [layer.weight])
    check(rows.at(0), oracle(gradient))


@pytest.mark.parametrize("size", [1e-38, 3e-20, 1e-8, 1.0, 1e25, 1e38])
def test_the_size_is_right_over_the_whole_range_of_float32(watch, size):
    layer = nn.Linear(300, 300, bias=False)
    planted = torch.randn(300, 300).clamp(-3, 3) * size
    rows = watch([layer], torch.ones(2, 300), loss=lambda _: (layer.weight * planted).sum())
    row = rows.at(0)
    exact = planted.double()
    assert row.weight_gradient_rms == pytest.approx(exact.square().mean().sqrt().item(), rel=1e-4)
    assert row.weight_gradient_max == pytest.approx(exact.abs().max().item(), rel=1e-6)
    assert row.weight_gradient_mean == pytest.approx(exact.mean().item(), rel=1e-2)


def test_exact_zeros_are_counted_and_zero_is_a_size(watch):
    x = torch.zeros(4, 6)
    x[:, 0] = 1.0
    row = watch([nn.Linear(6, 3)], x).at(0)
    assert row.weight_gradient_zero_share == pytest.approx(5 / 6)
    row = watch([nn.Linear(6, 3)], torch.zeros(4, 6)).at(0)
    assert (row.weight_gradient_rms, row.weight_gradient_max, row.weight_gradient_zero_share) == (
        0.0,
        0.0,
        1.0,
    )


@pytest.mark.parametrize("planted", [math.nan, math.inf, -math.inf])
def test_non_finite_elements_are_counted_and_shown_in_the_size(watch, planted):
    layer = nn.Linear(4, 4, bias=False)
    factor = torch.ones(4, 4)
    factor[1, 2] = factor[3, 3] = planted
    row = watch([layer], torch.randn(3, 4), loss=lambda y: (layer.weight * factor).sum() + 0 * y.sum()).at(0)
    assert row.weight_gradient_nonfinite_count == 2
    assert str(row.weight_gradient_max) == str(abs(planted))
    assert str(row.weight_gradient_rms) == str(abs(planted))


def test_a_layer_without_gradient_has_no_gradient_statistics(watch):
    row = watch(
        [nn.Linear(3, 3), nn.Linear(3, 2)],
        torch.randn(2, 3),
        loss=lambda y: torch.ones((), requires_grad=True) * 1,
    ).at(1)
    assert row.weight_gradient_rms is None
    assert row.activation_rms is not None
