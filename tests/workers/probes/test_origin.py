"""A non-finite number is planted where we know it; the place that is named must be that one."""

import math

import pytest
import torch
from torch import nn


class Divide(nn.Module):
    """Divides by a number that can be zero."""

    def __init__(self, by):
        super().__init__()
        self.by = by

    def forward(self, x):
        return x / self.by


class Root(nn.Module):
    """The square root, whose slope at zero is infinite; below zero it is held at zero."""

    def forward(self, x):
        return x.clamp(min=0).sqrt()


class RootPool(nn.Module):
    """The root of a mean, without a guard at zero."""

    def forward(self, x):
        return x.unflatten(-1, (2, 2)).square().mean(-1).sqrt()


class Mask(nn.Module):
    """Attention with every place masked: the softmax of a row of -inf."""

    def forward(self, x):
        return torch.softmax(x + torch.full_like(x, -math.inf), -1)


class Add(nn.Module):
    def forward(self, a, b):
        return a + b


def origin(build, modules, x, **options):
    training = build(modules, x, **options)
    training.step(x)
    return training.recorder.finish()


def test_a_healthy_step_has_no_origin(build):
    assert origin(build, [nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 1)], torch.randn(4, 3)) is None


def test_a_division_by_zero_in_the_middle_is_named_and_its_victims_are_not(build):
    found = origin(
        build, [nn.Linear(3, 3), nn.ReLU(), Divide(0.0), nn.Linear(3, 3), nn.Tanh()], torch.ones(4, 3)
    )
    assert (found.direction, found.depth, found.layer, found.step) == ("forward", 2, "divide_2", 0)


def test_a_linear_layer_that_overflows_is_named_and_not_the_activation_after_it(build):
    layer = nn.Linear(3, 3, bias=False)
    nn.init.constant_(layer.weight, 3e38)
    found = origin(build, [nn.Tanh(), layer, nn.ReLU(), nn.Linear(3, 1)], torch.ones(4, 3))
    assert (found.direction, found.depth, found.value) == ("forward", 1, "Infinity")


def test_a_fully_masked_row_is_named_as_the_producer_of_nan(build):
    found = origin(build, [nn.Linear(3, 3), Mask(), nn.Linear(3, 1)], torch.randn(4, 3))
    assert (found.direction, found.depth, found.value) == ("forward", 1, "NaN")


def test_layers_that_are_not_measured_pass_the_blame_to_nobody(build):
    modules = [nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Dropout(0.1), Divide(0.0), nn.Linear(8, 1)]
    assert origin(build, modules, torch.randn(4, 1, 4, 4)).depth == 4


@pytest.mark.parametrize(("planted", "value"), [(math.nan, "NaN"), (math.inf, "Infinity")])
def test_bad_data_is_the_inputs_fault(build, planted, value):
    x = torch.randn(4, 3)
    x[1, 1] = planted
    found = origin(build, [nn.Linear(3, 3), nn.ReLU()], x)
    assert (found.direction, found.layer, found.depth, found.value) == ("forward", "input", None, value)


def test_a_loss_of_finite_outputs_that_is_not_finite_is_the_losss_fault(build):
    found = origin(build, [nn.Linear(3, 3), nn.ReLU()], torch.randn(4, 3), loss=lambda y: (y.sum() * 0).log())
    assert (found.direction, found.layer, found.depth) == ("forward", "loss", None)


def test_a_root_at_zero_is_named_although_the_loss_is_finite(build):
    modules = [nn.Linear(3, 3), nn.ReLU(), Root(), nn.Linear(3, 2), nn.Tanh()]
    found = origin(build, modules, torch.zeros(4, 3))
    assert (found.direction, found.depth, found.layer) == ("backward", 2, "root_2")


def test_a_root_right_after_a_linear_layer_is_told_apart_from_it(build):
    layer = nn.Linear(3, 3, bias=False)
    nn.init.zeros_(layer.weight)
    found = origin(build, [nn.Linear(3, 3), nn.Tanh(), layer, Root(), nn.Linear(3, 1)], torch.ones(4, 3))
    assert (found.direction, found.depth) == ("backward", 3)


def test_a_weight_gradient_that_overflows_is_named_with_its_layer(build):
    modules = [nn.Linear(3, 3, bias=False), nn.ReLU()]
    nn.init.constant_(modules[0].weight, 1e-30)
    found = origin(build, modules, torch.full((4, 3), 1e30), loss=lambda y: (y * 1e20).sum())
    assert (found.direction, found.depth, found.value) == ("backward", 0, "Infinity")


def test_a_loss_with_a_bad_slope_is_the_losss_fault_backward(build):
    found = origin(
        build, [nn.Linear(3, 3), nn.ReLU()], torch.randn(4, 3), loss=lambda y: (y.sum() * 0).sqrt()
    )
    assert (found.direction, found.layer, found.depth) == ("backward", "loss", None)


def test_in_a_residual_the_branch_is_blamed_and_not_the_sum(build):
    modules = [nn.Linear(3, 3), nn.ReLU(), Root(), Add(), nn.Linear(3, 1)]
    found = origin(build, modules, torch.zeros(4, 3), inputs={3: (1, 2)})
    assert found.depth == 2


def test_a_pool_with_a_root_inside_is_told_apart_from_what_follows(build):
    modules = [nn.Linear(4, 4), nn.ReLU(), RootPool(), nn.Linear(2, 1)]
    with torch.no_grad():
        modules[0].weight.fill_(-1.0)
    x = torch.ones(3, 2, 4)
    assert origin(build, modules, x).depth == 2


def test_an_optimizer_that_divides_by_zero_is_seen_in_the_update(build):
    found = origin(
        build,
        [nn.Linear(3, 3), nn.ReLU()],
        torch.zeros(4, 3),
        optimizer=lambda p: torch.optim.Adam(p, eps=0.0),
    )
    assert (found.direction, found.depth, found.step) == ("backward", 0, 0)


def test_weights_that_an_earlier_update_broke_are_that_updates_fault(build):
    modules = [nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 1)]
    x = torch.randn(4, 3)
    training = build(modules, x, steps=9)
    training.step(x)
    with torch.no_grad():
        for layer in modules[:3:2]:
            layer.weight.fill_(math.nan)
    training.step(x, 8)
    found = training.recorder.finish()
    assert (found.step, found.direction, found.depth) == (7, "backward", 2)


def test_the_earliest_step_stands_whatever_is_shown_later(build):
    modules, x = [nn.Linear(3, 3), nn.ReLU()], torch.randn(4, 3)
    training = build(modules, x, steps=20)
    training.step(x * math.inf, 16)
    training.step(x * math.nan, 15)
    training.step(x, 17)
    found = training.recorder.finish()
    assert (found.step, found.layer) == (15, "input")


def test_a_scaler_that_starts_too_high_is_no_illness(build):
    x = torch.randn(4, 3)
    options = {"scale": 1e30, "loss": lambda y: (y * 1e20).sum(), "precision": "fp16"}
    modules = [nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 1)]
    assert origin(build, modules, x, **options) is None
    assert origin(build, modules, x, **options, loss_scale=1e30).direction == "backward"


def test_a_bad_slope_that_no_scale_cures_is_one(build):
    modules = [nn.Linear(3, 3), nn.ReLU(), Root(), nn.Linear(3, 2)]
    assert origin(build, modules, torch.zeros(4, 3), precision="fp16", scale=1.0).depth == 2
