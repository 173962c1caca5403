import pytest
import torch
from torch import nn

SMALLEST_HALF = 2.0**-14


def planted(watch, gradient, **options):
    """Statistics of a layer whose weights receive this very gradient."""
    layer = nn.Linear(gradient.shape[1], gradient.shape[0], bias=False)
    loss = lambda y: (layer.weight * gradient).sum() + 0 * y.sum()  # noqa: E731
    return watch([layer], torch.zeros(2, gradient.shape[1]), loss=loss, **options).at(0)


def test_gradients_below_half_precisions_normal_numbers_are_a_share_of_those_that_are_not_zero(watch):
    gradient = torch.tensor([[0.0, 0.0, 1e-5, -1e-6], [1e-2, -1.0, 1e-4, 6.2e-5]])
    row = planted(watch, gradient, precision="fp16", loss_scale=1.0)
    assert row.underflow_share == pytest.approx(2 / 6)
    assert planted(watch, gradient, precision="fp32").underflow_share == 0.0
    assert planted(watch, gradient, precision="bf16").underflow_share == 0.0


def test_loss_scaling_saves_what_it_saves(watch):
    gradient = torch.tensor([[1e-5, 1e-6], [1e-8, 1.0]])
    assert planted(watch, gradient, precision="fp16", scale=1024.0).underflow_share == pytest.approx(1 / 4)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_subnormal_gradients_count_where_the_processor_keeps_them(watch, precision):
    gradient = torch.tensor([[1e-39, 1e-40], [1.0, 0.0]])
    assert planted(watch, gradient, precision=precision).underflow_share == pytest.approx(2 / 3)


def test_where_the_processor_flushes_them_they_are_zeros(watch):
    gradient = torch.tensor([[1e-39, 1e-40], [1.0, 0.0]])
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot flush")
    try:
        row = planted(watch, gradient)
        assert row.underflow_share == 0.0
        assert row.weight_gradient_zero_share == 0.75
    finally:
        torch.set_flush_denormal(False)


def test_all_zero_gradients_do_not_underflow(watch):
    assert planted(watch, torch.zeros(2, 2), precision="fp16").underflow_share == 0.0


def test_outputs_that_half_precision_cannot_hold_are_counted(watch):
    x = torch.tensor([[7e4, 1.0], [-7e4, float("inf")]], requires_grad=True)
    assert watch([nn.Identity()], x, precision="fp16").at(0).overflow_share == 0.75
    assert watch([nn.Identity()], x).at(0).overflow_share == 0.25


def test_the_larger_share_of_outputs_and_gradients_stands(watch):
    gradient = torch.tensor([[7e4, 1.0], [1.0, 1.0]])
    assert planted(watch, gradient, precision="fp16").overflow_share == 0.25
