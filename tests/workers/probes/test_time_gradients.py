import pytest
import torch
from torch import nn


class Last(nn.LSTM):
    """An LSTM that gives its last output."""

    def forward(self, x):
        return super().forward(x)[0][:, -1]


Last.__name__ = "LSTM"


def by_hand(layer, x, features=None):
    x = (x if features is None else features(x)).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(layer(x).square().mean(), [x])
    return gradient.double().square().mean((0, 2)).sqrt()


def test_the_profile_over_time_agrees_with_autograd_for_the_data_itself(watch):
    layer = Last(3, 4, num_layers=2, batch_first=True)
    x = torch.randn(5, 12, 3)
    rows = watch([layer], x)
    exact = by_hand(layer, x)
    (profile,) = rows.profiles
    assert (profile.depth, profile.step, profile.times) == (0, 0, tuple(range(12)))
    assert profile.gradient_rms == pytest.approx(exact.tolist(), rel=1e-5)
    row = rows.at(0)
    assert row.time_gradient_first_rms == pytest.approx(exact[0].item(), rel=1e-5)
    assert row.time_gradient_last_rms == pytest.approx(exact[-1].item(), rel=1e-5)
    assert x.requires_grad is False


def test_a_layer_in_the_middle_is_measured_apart_from_what_else_takes_its_input(watch):
    """A sum around the recurrent layer would otherwise add its own gradient."""

    class Add(nn.Module):
        def forward(self, a, b):
            return a.sum(1) + b

    features, layer = nn.Linear(3, 4), Last(4, 4, batch_first=True)
    x = torch.randn(5, 6, 3)
    rows = watch([features, layer, Add()], x, inputs={2: (0, 1)}, loss=lambda y: y.sum())
    held = features(x).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(layer(held).sum(), [held])
    exact = gradient.square().mean((0, 2)).sqrt().tolist()
    assert rows.profiles[0].gradient_rms == pytest.approx(exact, rel=1e-5)


def test_long_sequences_are_shown_at_sixty_four_times_with_both_ends(watch):
    layer = Last(2, 3, batch_first=True)
    x = torch.randn(2, 300, 2)
    (profile,) = watch([layer], x).profiles
    assert (len(profile.times), profile.times[0], profile.times[-1]) == (64, 0, 299)
    exact = by_hand(layer, x)
    assert profile.gradient_rms == pytest.approx([exact[t].item() for t in profile.times], rel=1e-5)


def test_a_sequence_of_one_step_has_a_profile_of_one(watch):
    (profile,) = watch([Last(2, 3, batch_first=True)], torch.randn(2, 1, 2)).profiles
    assert profile.times == (0,)


def test_a_vanished_time_gradient_is_still_a_number(watch):
    layer = nn.RNN(2, 3, batch_first=True)
    with torch.no_grad():
        layer.weight_hh_l0.copy_(torch.eye(3) * 0.05)
        layer.weight_ih_l0.mul_(0.1)

    class RNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.core = layer

        def forward(self, x):
            return self.core(x)[0][:, -1]

    module = RNN()
    x = torch.randn(4, 25, 2)
    row = watch([module], x, loss=lambda y: y.sum()).at(0)
    held = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(module(held).sum(), [held])
    exact = gradient[:, 0].double().square().mean().sqrt().item()
    assert 0 < exact < 1e-25
    assert row.time_gradient_first_rms == pytest.approx(exact, rel=1e-3)


def test_the_loss_scale_is_taken_out_again(watch):
    layer = Last(3, 4, batch_first=True)
    x = torch.randn(5, 6, 3)
    plain, scaled = watch([layer], x).profiles[0], watch([layer], x, scale=256.0).profiles[0]
    assert scaled.gradient_rms == pytest.approx(plain.gradient_rms, rel=1e-6)
