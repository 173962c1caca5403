import pytest
import torch
from torch import nn


class Scaled(nn.Module):
    """Multiplies the gradient that comes back."""

    def __init__(self, factors):
        super().__init__()
        self.factors = factors

    def forward(self, x):
        return x * self.factors


def cosines(gradient):
    """Between the first 32 examples, in float64, 0 on the diagonal."""
    rows = gradient.double().flatten(1)[:32]
    rows = rows / rows.norm(dim=1, keepdim=True)
    return rows @ rows.T - torch.eye(len(rows), dtype=torch.float64)


def given(watch, factors, gradient, **options):
    """Coherence of the gradient `factors * gradient` below an output whose gradient is `gradient`."""
    x = torch.ones_like(gradient).requires_grad_()
    modules = [nn.Identity(), Scaled(factors)]
    rows = watch(modules, x, loss=lambda y: (y * gradient).sum(), **options)
    assert rows.at(1).output_gradient_coherence == pytest.approx(1.0)
    return rows.at(0).output_gradient_coherence


@pytest.mark.parametrize("shape", [(16, 5), (50, 7, 5), (16, 3, 4, 4)])
def test_it_is_the_regression_of_the_cosines_on_those_at_the_output(watch, shape):
    gradient, factors = torch.randn(shape), torch.randn(shape)
    at_output, below = cosines(gradient), cosines(gradient * factors)
    exact = ((below * at_output).sum() / at_output.square().sum()).item()
    assert given(watch, factors, gradient) == pytest.approx(exact, abs=1e-5)


def test_examples_that_stay_together_have_a_coherence_of_one(watch):
    gradient = torch.randn(1, 50).expand(32, 50).contiguous()
    assert given(watch, torch.full((32, 50), -3.0), gradient) == pytest.approx(1.0)


def test_signs_of_every_examples_own_shatter_it(watch):
    gradient = torch.randn(1, 5000).expand(32, 5000).contiguous()
    assert given(watch, torch.randn(32, 5000).sign(), gradient) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("scale", [1e-25, 1e4])
def test_it_does_not_depend_on_the_size_of_the_gradient_nor_on_the_loss_scale(watch, scale):
    gradient, factors = torch.randn(16, 40) + 0.2, torch.rand(16, 40)
    plain = given(watch, factors, gradient)
    assert given(watch, factors, gradient * scale) == pytest.approx(plain, abs=1e-5)
    assert given(watch, factors, gradient, scale=1024.0) == pytest.approx(plain, abs=1e-5)


def test_no_gradient_and_a_single_example_have_no_coherence(watch):
    modules = [nn.Identity()]
    for x, factor in ((torch.ones(4, 5), 0.0), (torch.ones(1, 5), 1.0)):
        rows = watch(modules, x.requires_grad_(), loss=lambda y, factor=factor: (y * factor).sum())
        assert rows.at(0).output_gradient_coherence is None


def test_a_layer_that_no_gradient_reaches_has_none(watch):
    x = torch.ones(4, 5).requires_grad_()
    modules = [nn.Identity(), Scaled(torch.zeros(4, 5))]
    assert watch(modules, x, loss=lambda y: y.sum()).at(0).output_gradient_coherence is None
