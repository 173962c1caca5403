import pytest
import torch
from torch import nn


def spread(weight):
    """RMS distance to the mean row over the RMS of all weights, in float64."""
    rows = weight.detach().double().flatten(1)
    return ((rows - rows.mean(0)).square().mean() / rows.square().mean()).sqrt().item()


def filled(layer, value):
    nn.init.constant_(layer.weight, value)
    return layer


def measured(watch, layer, x):
    return watch([layer], x).at(0).weight_row_spread


@pytest.mark.parametrize("shift", [0.0, 0.1, 3.0, 1e3])
def test_the_spread_is_that_of_a_plain_formula_in_float64(watch, shift):
    layer = nn.Linear(40, 30)
    with torch.no_grad():
        layer.weight += shift
    assert measured(watch, layer, torch.randn(4, 40)) == pytest.approx(spread(layer.weight), rel=1e-3)


@pytest.mark.parametrize("value", [0.1, 1.0, -7.3, 1e-25, 1e25])
def test_equal_units_have_no_spread(watch, value):
    assert measured(watch, filled(nn.Linear(20, 16), value), torch.zeros(4, 20)) == pytest.approx(
        0.0, abs=1e-6
    )


def test_rows_that_are_copies_of_one_random_row_have_no_spread(watch):
    layer = nn.Linear(20, 16)
    with torch.no_grad():
        layer.weight.copy_(layer.weight[:1].expand(16, 20))
    assert measured(watch, layer, torch.randn(4, 20)) == pytest.approx(0.0, abs=1e-6)


def test_weights_of_zero_are_all_alike(watch):
    assert measured(watch, filled(nn.Linear(5, 4), 0.0), torch.randn(4, 5)) == 0.0


def test_usual_initial_weights_are_spread_as_widely_as_they_are_large(watch):
    assert measured(watch, nn.Linear(64, 64), torch.randn(4, 64)) == pytest.approx(1.0, abs=0.05)


def test_kernels_of_a_convolution_are_its_rows(watch):
    layer = nn.Conv2d(3, 8, 3)
    assert measured(watch, layer, torch.randn(2, 3, 5, 5)) == pytest.approx(spread(layer.weight), rel=1e-4)


def test_one_unit_has_nobody_to_differ_from(watch):
    assert measured(watch, nn.Linear(5, 1), torch.randn(4, 5)) is None


def test_the_scale_of_a_normalization_has_no_rows(watch):
    assert measured(watch, nn.LayerNorm(5), torch.randn(4, 5)) is None
