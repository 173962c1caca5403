import math

import pytest
import torch
from torch import nn


def given(watch, x):
    """Statistics of a layer that puts out `x` itself."""
    return watch([nn.Identity()], x.requires_grad_()).at(0)


@pytest.mark.parametrize("shape", [(16, 5), (16, 7, 5), (16, 3, 4, 4)])
def test_moments_agree_with_plain_formulas_in_float64(watch, shape):
    x = torch.randn(shape, dtype=torch.float64) * 3 + 1
    row = given(watch, x)
    assert row.activation_mean == pytest.approx(x.mean().item(), rel=1e-12)
    assert row.activation_rms == pytest.approx(x.square().mean().sqrt().item(), rel=1e-12)
    assert row.activation_batch_std == pytest.approx(x.var(0, correction=0).mean().sqrt().item(), rel=1e-12)
    assert row.activation_max == x.abs().max().item()


def test_a_tiny_dependence_on_the_example_is_not_lost_in_a_large_mean(watch):
    x = 0.5 + 1e-6 * torch.randn(64, 256)
    assert given(watch, x).activation_batch_std == pytest.approx(1e-6, rel=0.05)


@pytest.mark.parametrize("size", [1e-38, 1e-30, 1e-19, 1e19, 1e30, 1e38])
def test_sizes_are_right_where_float32_squares_are_not(watch, size):
    x = (torch.rand(64, 32) + 1) * size
    row = given(watch, x)
    exact = x.double()
    assert row.activation_rms == pytest.approx(exact.square().mean().sqrt().item(), rel=1e-5)
    assert row.activation_mean == pytest.approx(exact.mean().item(), rel=1e-5)
    assert row.activation_batch_std == pytest.approx(
        exact.var(0, correction=0).mean().sqrt().item(), rel=1e-4
    )


def test_numbers_below_the_smallest_normal_one_are_measured_where_the_processor_keeps_them(watch):
    x = torch.full((4, 4), 1e-40)
    assert given(watch, x).activation_rms == pytest.approx(1e-40, rel=1e-3)


def test_an_infinity_makes_the_size_infinite_and_the_spread_unknown(watch):
    x = torch.randn(8, 4)
    x[2, 1] = math.inf
    row = given(watch, x)
    assert (row.activation_max, row.activation_rms) == (math.inf, math.inf)
    assert row.activation_nonfinite_count == 1
    assert math.isnan(row.activation_batch_std)


def test_a_nan_beside_an_infinity_is_what_the_size_says(watch):
    x = torch.randn(8, 4)
    x[2, 1], x[3, 3] = math.inf, math.nan
    row = given(watch, x)
    assert math.isnan(row.activation_max)
    assert math.isnan(row.activation_rms)
    assert row.activation_nonfinite_count == 2


def test_half_precision_is_measured_in_single(watch):
    x = torch.full((8, 4), 300.0, dtype=torch.float16)
    assert given(watch, x).activation_rms == pytest.approx(300.0)


def test_a_strided_output_is_measured_like_a_dense_one(watch):
    x = torch.randn(6, 4, 5)
    turned = given(watch, x.detach().clone().transpose(1, 2))
    dense = given(watch, x.detach().clone().transpose(1, 2).contiguous())
    assert turned == dense
