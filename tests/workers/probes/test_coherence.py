import pytest
import torch
from torch import nn


def coherence(gradient):
    """|mean g|² / mean |g|² over examples, in float64."""
    rows = gradient.double().flatten(1)
    return (rows.mean(0).square().sum() / rows.square().sum(1).mean()).item()


def given(watch, gradient, **options):
    """What is measured at a layer to whose output this gradient comes back."""
    x = torch.zeros_like(gradient).requires_grad_()
    return (
        watch([nn.Identity()], x, loss=lambda y: (y * gradient).sum(), **options)
        .at(0)
        .output_gradient_coherence
    )


@pytest.mark.parametrize("shape", [(16, 5), (16, 7, 5), (16, 3, 4, 4)])
def test_it_is_that_of_a_plain_formula_in_float64(watch, shape):
    gradient = torch.randn(shape, dtype=torch.float64) + 0.5
    assert given(watch, gradient) == pytest.approx(coherence(gradient), rel=1e-9)


def test_examples_that_agree_have_a_coherence_of_one(watch):
    assert given(watch, torch.randn(1, 50).expand(32, 50).contiguous()) == pytest.approx(1.0)


def test_unrelated_examples_have_that_of_chance(watch):
    assert given(watch, torch.randn(64, 5000)) == pytest.approx(1 / 64, rel=0.1)


def test_examples_that_cancel_have_none(watch):
    half = torch.randn(8, 50)
    assert given(watch, torch.cat([half, -half])) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("scale", [1e-25, 1e4])
def test_it_does_not_depend_on_the_size_of_the_gradient_nor_on_the_loss_scale(watch, scale):
    gradient = torch.randn(16, 40) + 0.2
    exact = pytest.approx(coherence(gradient), rel=1e-4)
    assert given(watch, gradient * scale) == exact
    assert given(watch, gradient, scale=1024.0) == exact


def test_no_gradient_at_all_has_no_coherence(watch):
    assert given(watch, torch.zeros(4, 5)) is None
