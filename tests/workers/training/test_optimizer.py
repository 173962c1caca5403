"""Optimisers are torch's, with the arguments that were given and no other."""

import pytest
import torch
from torch import nn

from service.schemas.training import Optimizer, Schedule
from workers.errors import CannotBuild
from workers.training.optimizer import Rate, add_l1, build, trainable

EVERY = [
    Optimizer(type="SGD", lr=0.1, momentum=0.9, nesterov=True),
    Optimizer(type="Adam", lr=0.05, betas=(0.8, 0.9), eps=1e-6, amsgrad=True),
    Optimizer(type="AdamW", lr=0.05, weight_decay=0.1),
    Optimizer(type="RMSprop", lr=0.02, alpha=0.9, centered=True, momentum=0.5),
    Optimizer(type="Adagrad", lr=0.3, lr_decay=0.01, initial_accumulator_value=0.1),
    Optimizer(type="Adadelta", rho=0.8),
    Optimizer(type="Adamax", lr=0.1),
    Optimizer(type="NAdam", lr=0.1, momentum_decay=0.01),
    Optimizer(type="RAdam", lr=0.1),
    Optimizer(type="ASGD", lr=0.1, alpha=0.6),
    Optimizer(type="Rprop", lr=0.1),
    Optimizer(type="Adafactor", lr=0.1),
]


@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: spec.type)
def test_a_quadratic_gets_smaller(spec: Optimizer) -> None:
    weight = nn.Parameter(torch.tensor([[3.0, -2.0], [1.0, 0.5]]))
    optimizer = build(spec, [weight])
    for _ in range(50):
        optimizer.zero_grad()
        (weight**2).sum().backward()
        optimizer.step()
    assert float((weight.detach() ** 2).sum()) < 14.25


def test_gradient_descent_is_exact_on_a_quadratic() -> None:
    weight = nn.Parameter(torch.tensor([1.0], dtype=torch.float64))
    optimizer = build(Optimizer(type="SGD", lr=0.1), [weight])
    for step in range(1, 6):
        optimizer.zero_grad()
        (weight**2).sum().backward()
        optimizer.step()
        assert float(weight.detach()) == pytest.approx(0.8**step)


def test_arguments_left_out_are_torchs_defaults() -> None:
    weight = nn.Parameter(torch.zeros(1))
    ours, theirs = build(Optimizer(type="AdamW"), [weight]), torch.optim.AdamW([weight])
    assert ours.defaults == theirs.defaults


def test_frozen_parameters_are_left_out() -> None:
    network = nn.Linear(2, 2)
    network.bias.requires_grad_(requires_grad=False)
    assert trainable(network) == [network.weight]
    with pytest.raises(CannotBuild, match="no trainable parameter"):
        trainable(nn.ReLU())


def test_the_rate_of_every_group_follows_the_schedule() -> None:
    optimizer = build(Optimizer(type="SGD", lr=0.5), [nn.Parameter(torch.zeros(1))])
    rate = Rate(optimizer, Schedule(type="linear"), 10)
    assert [rate.set(step) for step in (0, 5, 10)] == pytest.approx([0.5, 0.25, 0.0])
    assert optimizer.param_groups[0]["lr"] == 0.0


def test_l1_adds_the_gradient_of_its_penalty() -> None:
    weight, unused = nn.Parameter(torch.tensor([2.0, -3.0, 0.0])), nn.Parameter(torch.ones(1))
    (weight**2).sum().backward()
    add_l1([weight, unused], 0.5)
    ours = weight.grad
    twin = nn.Parameter(weight.detach().clone())
    ((twin**2).sum() + 0.5 * twin.abs().sum()).backward()
    assert torch.equal(ours, twin.grad)
    assert unused.grad is None
