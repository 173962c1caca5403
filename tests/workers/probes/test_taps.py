import pytest
import torch
from torch import nn


def begin(training):
    training.recorder.begin(0)
    return training.networks["main"]


def end(training, x, loss):
    training.recorder.after_forward(inputs=x, loss=loss)
    loss.backward()
    training.recorder.after_backward()
    training.recorder.after_update(
        0, loss=loss.detach(), learning_rate=0.1, accuracy=None, trivial_loss=1.0, clipped=None
    )
    training.recorder.finish()
    return training.rows


def test_of_two_uses_the_last_is_measured(build):
    real, made = torch.randn(4, 3), 10 + torch.randn(4, 3)
    training = build([nn.Linear(3, 3), nn.Tanh()], real)
    network = begin(training)
    first, second = network(real), network(made)
    rows = end(training, real, 100 * first.mean() + second.mean())
    assert rows.at(1).activation_mean == pytest.approx(second.mean().item(), rel=1e-5)
    assert rows.at(1).output_gradient_rms == pytest.approx(1 / 12, rel=1e-5)


def test_a_use_without_gradient_does_not_replace_one_with(build):
    x = torch.randn(4, 3)
    training = build([nn.Linear(3, 3), nn.Tanh()], x)
    network = begin(training)
    output = network(x)
    with torch.no_grad():
        network(100 * x)
    rows = end(training, x, output.mean())
    assert rows.at(1).activation_mean == pytest.approx(output.mean().item(), rel=1e-5)


def test_a_use_without_gradient_counts_where_there_is_no_other(build):
    x = torch.randn(4, 3)
    training = build([nn.Linear(3, 3), nn.Tanh()], x)
    network = begin(training)
    with torch.no_grad():
        output = network(x)
    rows = end(training, x, torch.ones((), requires_grad=True) * 2)
    assert rows.at(1).activation_mean == pytest.approx(output.mean().item(), rel=1e-5)
    assert rows.at(1).output_gradient_rms is None


def test_a_gradient_penalty_does_not_disturb_the_probes(build):
    x = torch.randn(4, 3)
    training = build([nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 1)], x)
    network = begin(training)
    between = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(network(between).sum(), between, create_graph=True)
    rows = end(training, x, ((slope.norm(dim=1) - 1) ** 2).mean())
    assert rows.at(1).activation_rms > 0
    assert rows.at(0).weight_gradient_rms > 0
