import copy
import math

import pytest
import torch
from torch import nn


def moved(before, after):
    """‖Δw‖ / ‖w‖ over pairs of tensors, in float64."""
    change = sum((new.double() - old.double()).square().sum() for old, new in zip(before, after, strict=True))
    return (change / sum(old.double().square().sum() for old in before)).sqrt().item()


def test_the_ratio_is_that_of_the_step_taken_with_clipping_and_decay(build):
    layer = nn.Linear(6, 5)
    before = layer.weight.detach().clone()
    by_hand = copy.deepcopy(layer)
    x = 10 * torch.randn(8, 6)
    training = build(
        [layer, nn.Tanh()], x, clip=0.01, loss=lambda y: y.sum(),
        optimizer=lambda p: torch.optim.SGD(p, lr=0.3, weight_decay=0.1),
    )  # fmt: skip
    training.step(x)
    training.recorder.finish()

    torch.tanh(by_hand(x)).sum().backward()
    norm = math.sqrt(sum(p.grad.square().sum().item() for p in by_hand.parameters()))
    gradient = by_hand.weight.grad * (0.01 / (norm + 1e-6)) + 0.1 * before
    row = training.rows.at(0)
    assert row.update_ratio == pytest.approx(moved([before], [before - 0.3 * gradient]), rel=1e-5)
    assert row.update_ratio == pytest.approx(moved([before], [layer.weight.detach()]), rel=1e-5)
    assert row.weight_rms == pytest.approx(before.double().square().mean().sqrt().item(), rel=1e-6)


def test_every_probed_step_is_measured_from_its_own_start(build):
    layer = nn.Linear(4, 4, bias=False)
    x = torch.randn(8, 4)
    training = build([layer], x, optimizer=lambda p: torch.optim.Adam(p, lr=0.1), steps=3)
    for step in range(3):
        before = layer.weight.detach().clone()
        training.step(x, step)
        training.recorder.finish()
        assert training.rows.at(0, step).update_ratio == pytest.approx(
            moved([before], [layer.weight]), rel=1e-5
        )


def test_weights_that_are_zero_have_no_ratio_until_they_move(watch):
    layer = nn.Linear(3, 3, bias=False)
    nn.init.zeros_(layer.weight)
    x = torch.randn(4, 3)
    sgd = lambda p: torch.optim.SGD(p, lr=0.1)  # noqa: E731
    assert watch([layer], x, optimizer=sgd).at(0).update_ratio is None
    assert watch([layer], x, optimizer=sgd, loss=lambda y: y.sum()).at(0).update_ratio == math.inf


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_the_ratio_is_right_for_weights_whose_squares_float32_cannot_hold(watch, size):
    layer = nn.Linear(20, 20, bias=False)
    with torch.no_grad():
        layer.weight.fill_(size)
    row = watch(
        [layer], torch.ones(2, 20), loss=lambda _: (layer.weight * (size / 2)).sum(),
        optimizer=lambda p: torch.optim.SGD(p, lr=1.0),
    ).at(0)  # fmt: skip
    assert row.weight_rms == pytest.approx(size, rel=1e-5)
    assert row.update_ratio == pytest.approx(0.5, rel=1e-5)


def test_a_step_without_an_optimizer_moves_nothing(watch):
    assert watch([nn.Linear(3, 3)], torch.randn(4, 3)).at(0).update_ratio == 0.0


def lost_share(watch, layer, *, rate, gradient):
    """Of one step of SGD under a given gradient."""
    factors = gradient.to(layer.weight.dtype)
    return (
        watch(
            [layer], torch.zeros(2, layer.in_features, dtype=layer.weight.dtype),
            loss=lambda _: (layer.weight * factors).sum().float(),
            optimizer=lambda p: torch.optim.SGD(p, lr=rate),
        )
        .at(0)
        .update_lost_share
    )  # fmt: skip


def test_steps_below_half_the_distance_to_the_next_number_are_lost(watch):
    layer = nn.Linear(10, 4, bias=False)
    nn.init.ones_(layer.weight)
    gradient = torch.full((4, 10), 1e-9)
    gradient[0] = 1.0
    assert lost_share(watch, layer, rate=0.1, gradient=gradient) == pytest.approx(0.75)


def test_weights_without_a_gradient_are_not_counted_as_lost(watch):
    layer = nn.Linear(10, 4, bias=False)
    nn.init.ones_(layer.weight)
    gradient = torch.zeros(4, 10)
    gradient[0], gradient[1] = 1.0, 1e-9
    assert lost_share(watch, layer, rate=0.1, gradient=gradient) == pytest.approx(0.5)
    assert lost_share(watch, layer, rate=0.1, gradient=torch.zeros(4, 10)) is None


def test_sixteen_bits_lose_what_thirty_two_keep(watch):
    gradient = torch.full((4, 10), 1e-3)
    layer = nn.Linear(10, 4, bias=False)
    nn.init.ones_(layer.weight)
    assert lost_share(watch, layer, rate=1.0, gradient=gradient) == 0.0
    half = nn.Linear(10, 4, bias=False, dtype=torch.bfloat16)
    nn.init.ones_(half.weight)
    assert lost_share(watch, half, rate=1.0, gradient=gradient) == 1.0


def test_a_skipped_step_loses_nothing(build):
    training = build([nn.Linear(3, 3)], torch.randn(4, 3))
    training.step(torch.randn(4, 3), skipped=True)
    training.recorder.finish()
    assert training.rows.at(0).update_lost_share is None
