import math

import pytest
import torch

from workers.probes.values import Values


@pytest.fixture(params=[True, False], ids=["eager", "deferred"])
def take(request):
    return lambda tensor: Values(tensor, eager=request.param)


def number(value):
    return float(value)


SIZES = [0.0, 1e-38, 1e-25, 1e-19, 1e-10, 1.0, 1e10, 1e19, 1e25, 1e38]


@pytest.mark.parametrize("size", SIZES)
def test_sums_of_squares_agree_with_float64_at_every_size(take, size):
    x = torch.rand(3000) * size
    assert number(take(x).sum_squares) == pytest.approx(x.double().square().sum().item(), rel=1e-5)


@pytest.mark.parametrize("low", SIZES)
@pytest.mark.parametrize("high", SIZES)
def test_small_values_beside_large_ones_do_not_spoil_the_sum(take, low, high):
    x = torch.cat([torch.full((50,), low), torch.full((3,), high)])
    assert number(take(x).sum_squares) == pytest.approx(x.double().square().sum().item(), rel=1e-5)


def test_counts_are_exact(take):
    x = torch.tensor([0.0, -0.0, 1.0, -2.0, math.nan, math.inf, -math.inf, 0.5])
    values = take(x)
    assert number(values.zeros) == 2
    assert number(values.nonfinite) == 3
    assert number(values.above(0.5)) == 2
    assert number(values.below(0.0)) == 2
    assert number(values.magnitude_above(1.5)) == 3
    assert number(values.magnitude_below(0.75)) == 3


def test_counts_of_a_finite_tensor_are_exact(take):
    values = take(torch.tensor([0.0, 0.0, 1.0, -2.0, 0.5]))
    assert [number(values.zeros), number(values.nonfinite), number(values.above(5.0))] == [2, 0, 0]


def test_places_that_are_nonzero_in_both_are_counted(take):
    here, there = torch.tensor([0.0, 1.0, -1e-38, 2.0, 3.0]), torch.tensor([1.0, -1e-38, 1e-38, 0.0, 0.0])
    assert number(take(here).nonzero_with(take(there))) == 2
    there[4] = math.nan
    assert number(take(here).nonzero_with(take(there))) == 3


@pytest.mark.parametrize("shift", [0.0, 1.0, 10.0, 1e4])
@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
def test_deviations_are_right_whatever_part_of_the_values_they_are(take, size, shift):
    x = (torch.randn(64, 50) + shift) * size
    exact = x.double().var(0, correction=0).sum().item() * 64
    assert number(take(x).batch_moments.squared_deviations) == pytest.approx(
        exact, rel=1e-3 if shift > 1e3 else 1e-5
    )


def test_the_extremes_are_nan_where_any_value_is(take):
    assert all(math.isnan(number(end)) for end in take(torch.tensor([1.0, math.nan])).extremes)


def test_a_strided_tensor_is_read_in_its_own_order(take):
    x = torch.arange(24.0).reshape(2, 3, 4).transpose(1, 2)
    moments = take(x).batch_moments
    assert number(moments.total_of_means) == pytest.approx(x.mean(0).sum().item())
    indices = torch.tensor([0, 3])
    exact = [x[:, 0].square().sum().item(), x[:, 3].square().sum().item()]
    assert [number(n) for n in take(x).squares_along(1, indices)] == pytest.approx(exact)


def test_a_scalar_is_a_batch_of_one(take):
    assert number(take(torch.tensor(3.0)).batch_moments.total_of_means) == 3.0


@pytest.mark.parametrize("axis", [1, -1])
def test_silent_units_are_counted_along_their_axis(take, axis):
    x = torch.ones(2, 3, 4)
    x.select(axis, 0).fill_(0.0)
    silent, units = take(x).silent_units(axis)
    assert (number(silent), units) == (1, x.shape[axis])


def test_numbers_stay_on_the_device_where_nobody_may_wait():
    values = Values(torch.randn(4, 3), eager=False)
    assert isinstance(values.sum_squares, torch.Tensor)
    assert isinstance(values.zeros, torch.Tensor)
    assert all(isinstance(end, torch.Tensor) for end in values.extremes)
