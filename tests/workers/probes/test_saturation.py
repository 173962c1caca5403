import pytest
import torch
from torch import nn

STEEP = {
    "Sigmoid": (nn.Sigmoid(), lambda x: torch.sigmoid(x) * (1 - torch.sigmoid(x)) < 0.0125),
    "Tanh": (nn.Tanh(), lambda x: torch.tanh(x).abs() > 0.97),
    "Softsign": (nn.Softsign(), lambda x: nn.functional.softsign(x).abs() > 0.97),
    "Hardtanh": (nn.Hardtanh(), lambda x: x.abs() >= 1),
    "Hardtanh moved": (nn.Hardtanh(0.5, 2.5), lambda x: (x <= 0.5) | (x >= 2.5)),
    "Hardsigmoid": (nn.Hardsigmoid(), lambda x: x.abs() >= 3),
}


@pytest.mark.parametrize("name", STEEP)
@pytest.mark.parametrize("scale", [0.01, 1.0, 5.0, 1000.0])
def test_the_share_is_that_of_inputs_where_the_slope_has_nearly_vanished(watch, name, scale):
    activation, flat = STEEP[name]
    x = torch.randn(32, 16, dtype=torch.float64, requires_grad=True) * scale
    share = watch([activation], x).at(0).activation_saturated_share
    assert share == pytest.approx(flat(x).double().mean().item(), abs=1e-12)


def test_activations_without_ends_have_no_saturated_share(watch):
    row = watch([nn.Linear(3, 3), nn.ReLU()], torch.randn(4, 3)).at(1)
    assert row.activation_saturated_share is None


def test_a_tanh_rnn_saturates_like_its_activation(watch):
    class RNN(nn.RNN):
        activation = "Tanh"

        def forward(self, x):
            return super().forward(x)[0]

    layer = RNN(2, 4, batch_first=True)
    nn.init.constant_(layer.weight_ih_l0, 50.0)
    row = watch([layer], torch.ones(3, 5, 2)).at(0)
    assert row.activation_saturated_share == 1.0


def test_features_that_no_example_lights_up_are_dead(watch):
    layer = nn.Linear(4, 8)
    with torch.no_grad():
        layer.bias[:3] = -1e3
        layer.bias[3:] = 1e3
    row = watch([layer, nn.ReLU()], torch.randn(16, 4)).at(1)
    assert row.activation_dead_share == 3 / 8
    assert row.output_gradient_zero_share == pytest.approx(3 / 8)


def test_a_channel_is_dead_only_where_all_of_its_places_are(watch):
    layer = nn.Conv2d(1, 4, 1)
    with torch.no_grad():
        layer.weight.fill_(1.0)
        layer.bias.copy_(torch.tensor([-1e3, 0.0, 0.0, -1e3]))
    x = torch.zeros(2, 1, 5, 5)
    x[0, 0, 2, 2] = 1.0
    assert watch([layer, nn.ReLU()], x).at(1).activation_dead_share == 0.5


def test_a_feature_of_a_sequence_is_dead_only_where_it_is_so_at_every_time(watch):
    layer = nn.Linear(1, 3, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0], [0.0], [-1.0]]))
    x = torch.zeros(4, 6, 1)
    x[1, 2] = 1.0
    assert watch([layer, nn.ReLU()], x).at(1).activation_dead_share == pytest.approx(2 / 3)


def test_a_leaky_unit_is_never_called_dead(watch):
    assert watch([nn.LeakyReLU()], -torch.ones(4, 3, requires_grad=True)).at(0).activation_dead_share is None


def test_no_unit_is_dead_where_all_are_positive(watch):
    assert watch([nn.ReLU()], torch.ones(4, 3, requires_grad=True)).at(0).activation_dead_share == 0.0
