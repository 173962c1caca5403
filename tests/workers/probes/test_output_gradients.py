import pytest
import torch
from torch import nn


def test_every_activation_agrees_with_autograd_in_float64(watch):
    modules = [nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3)]
    chain = nn.Sequential(*modules).double()
    x = torch.randn(8, 6, dtype=torch.float64)
    rows = watch(modules, x)
    outputs = [x]
    for module in chain:
        outputs.append(module(outputs[-1]))
    gradients = torch.autograd.grad(outputs[-1].square().mean(), outputs[1:])
    for depth in (1, 3, 4):
        row, exact = rows.at(depth), gradients[depth]
        assert row.output_gradient_rms == pytest.approx(exact.square().mean().sqrt().item(), rel=1e-12)
        assert row.output_gradient_max == pytest.approx(exact.abs().max().item(), rel=1e-12)
        assert row.output_gradient_zero_share == (exact == 0).double().mean().item()
        assert row.output_gradient_nonfinite_count == 0


def test_of_a_linear_layer_before_an_activation_only_the_size_is_measured(watch):
    linear, tanh = nn.Linear(6, 5), nn.Tanh()
    x = torch.randn(8, 6)
    row = watch([linear, tanh], x).at(0)
    output = linear(x)
    (gradient,) = torch.autograd.grad(tanh(output).square().mean(), [output])
    assert row.activation_rms == pytest.approx(output.square().mean().sqrt().item(), rel=1e-6)
    assert row.output_gradient_rms == pytest.approx(gradient.square().mean().sqrt().item(), rel=1e-6)
    assert (row.activation_batch_std, row.output_gradient_max) == (None, None)


def test_dropout_and_layers_that_reshape_have_no_rows(watch):
    rows = watch(
        [nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(8, 2)],
        torch.randn(4, 1, 4, 4),
    )
    assert {row.depth for row in rows.layers} == {0, 1, 4}


def test_the_loss_scale_is_taken_out_again(watch):
    modules = [nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 1)]
    x = torch.randn(8, 6)
    plain, scaled = watch(modules, x), watch(modules, x, scale=1024.0)
    assert scaled.at(1).output_gradient_rms == pytest.approx(plain.at(1).output_gradient_rms, rel=1e-6)
    assert scaled.at(1).output_gradient_max == pytest.approx(plain.at(1).output_gradient_max, rel=1e-6)


@pytest.mark.parametrize("size", [1e-36, 1e-22, 1e22, 1e36])
def test_the_size_is_right_where_float32_squares_are_not(watch, size):
    modules = [nn.Tanh()]
    x = torch.randn(50, 40, requires_grad=True)
    rows = watch(modules, x, loss=lambda y: (y * size).sum())
    assert rows.at(0).output_gradient_rms == pytest.approx(size, rel=1e-5)


def test_activations_in_place_and_views_keep_their_own_gradients(watch):
    modules = [
        nn.Linear(6, 6),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Linear(6, 2),
        nn.Hardtanh(inplace=True),
    ]
    plain = [modules[0], nn.ReLU(), modules[2], modules[3], nn.Hardtanh()]
    x = torch.randn(8, 6)
    inplace, apart = watch(modules, x), watch(plain, x)
    for depth in (0, 1, 3, 4):
        one, other = inplace.at(depth).model_dump(), apart.at(depth).model_dump()
        measured = {name for name in one if one[name] is not None}
        assert measured == {name for name in other if other[name] is not None}
        for name in measured:
            assert one[name] == pytest.approx(other[name], rel=1e-6), name
