import math

import pytest
import torch
from torch import nn


def test_the_gradient_norm_is_over_all_parameters_before_clipping(watch):
    chain = [nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 1)]
    x = torch.randn(8, 6)
    (row,) = watch(chain, x, clip=1e-3).network
    parameters = [p for module in chain for p in module.parameters()]
    gradients = torch.autograd.grad(nn.Sequential(*chain)(x).square().mean(), parameters)
    exact = math.sqrt(sum(g.double().square().sum().item() for g in gradients))
    assert row.gradient_norm == pytest.approx(exact, rel=1e-6)


def test_inputs_are_described_as_they_flow_in(watch):
    x = torch.randn(8, 6) * 100 - 30
    (row,) = watch([nn.Linear(6, 2)], x).network
    assert row.input_mean == pytest.approx(x.mean().item(), rel=1e-5)
    assert row.input_rms == pytest.approx(x.square().mean().sqrt().item(), rel=1e-6)
    assert (row.input_min, row.input_max) == (x.min().item(), x.max().item())


def test_tokens_have_no_size(watch):
    tokens = torch.randint(0, 5, (4, 3))
    rows = watch([nn.Embedding(5, 2), nn.Linear(2, 1)], tokens)
    (row,) = rows.network
    assert row.input_rms is None
    assert rows.at(0).weight_gradient_rms > 0


def test_skill_compares_the_loss_with_the_trivial_predictors(build):
    x = torch.randn(8, 6)
    training = build([nn.Linear(6, 1)], x)
    loss = training.step(x).item()
    training.recorder.finish()
    (row,) = training.rows.network
    assert (row.loss, row.learning_rate) == (pytest.approx(loss), 0.1)
    assert row.skill == pytest.approx(1 - loss / 2.0)


@pytest.mark.parametrize("trivial", [0.0, math.nan, math.inf])
def test_without_a_trivial_loss_there_is_no_skill(build, trivial):
    x = torch.randn(8, 6)
    training = build([nn.Linear(6, 1)], x)
    tell(training, x, trivial_loss=trivial)
    assert training.rows.network[0].skill is None


def test_accuracy_and_clipping_are_what_the_loop_says(build):
    x = torch.randn(8, 6)
    training = build([nn.Linear(6, 1)], x)
    tell(training, x, accuracy=torch.tensor(0.25), clipped=torch.tensor(True))
    (row,) = training.rows.network
    assert (row.accuracy, row.clipped) == (0.25, 1.0)


def tell(training, x, *, trivial_loss=1.0, accuracy=None, clipped=None):
    training.recorder.begin(0)
    loss = training.loss(training.networks["main"](x))
    training.recorder.after_forward(inputs=x, loss=loss)
    loss.backward()
    training.recorder.after_backward()
    training.recorder.after_update(
        0,
        loss=loss.detach(),
        learning_rate=0.1,
        accuracy=accuracy,
        trivial_loss=trivial_loss,
        clipped=clipped,
    )
    training.recorder.finish()
