import pytest
import torch
from torch import nn

from workers.probes.sites import sites


@pytest.fixture
def find(build):
    def find_sites(modules, x, **options):
        return sites({"main": build(modules, x, **options).networks["main"]})

    return find_sites


def test_of_a_layer_followed_by_activations_only_the_size_is_measured(find):
    first, activation, last = find([nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)], torch.randn(2, 3))
    assert (first.watched, first.full) == (True, False)
    assert activation.full
    assert last.full, "the logits are followed by nothing"


def test_a_linear_layer_that_something_else_takes_too_is_measured_fully(find):
    first, *_ = find([nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 2)], torch.randn(2, 3), inputs={2: (0,)})
    assert first.full


def test_a_normalization_is_measured_fully_unless_an_activation_or_a_sum_follows(find):
    modules = [nn.Linear(3, 3), nn.LayerNorm(3), nn.ReLU(), nn.LayerNorm(3), nn.Linear(3, 2)]
    assert [site.full for site in find(modules, torch.randn(2, 3))] == [False, False, True, True, True]


def test_the_last_layer_is_measured_whatever_it_is(find):
    *_, last = find([nn.Linear(3, 4), nn.Flatten()], torch.randn(2, 3))
    assert last.full


def test_biases_are_no_weights_but_a_normalizations_scale_is(find):
    linear, norm = find([nn.Linear(3, 4), nn.LayerNorm(4)], torch.randn(2, 3))
    assert [tuple(weight.shape) for weight in linear.weights] == [(4, 3)]
    assert [tuple(weight.shape) for weight in norm.weights] == [(4,)]


def test_a_shared_weight_belongs_to_the_first_layer_that_has_it(find):
    one, other = nn.Linear(3, 3), nn.Linear(3, 3)
    other.weight = one.weight
    first, _, second = find([one, nn.Tanh(), other], torch.randn(2, 3))
    assert len(first.weights) == 1
    assert second.weights == ()


def test_frozen_weights_are_not_measured(find):
    frozen = nn.Linear(3, 3)
    frozen.weight.requires_grad_(False)
    assert find([frozen, nn.Linear(3, 1)], torch.randn(2, 3))[0].weights == ()


@pytest.mark.parametrize(
    ("modules", "shape", "axis"),
    [
        ([nn.Linear(3, 4), nn.ReLU()], (2, 3), -1),
        ([nn.Linear(3, 4), nn.ReLU()], (2, 5, 3), -1),
        ([nn.Linear(3, 4), nn.ReLU()], (2, 5, 6, 3), -1),
        ([nn.Conv2d(3, 4, 1), nn.ReLU()], (2, 3, 5, 5), 1),
        ([nn.ReLU()], (2, 3, 5, 5), 1),
        ([nn.ReLU()], (2, 3), -1),
    ],
)
def test_units_are_channels_after_convolutions_and_features_elsewhere(find, modules, shape, axis):
    assert find(modules, torch.randn(shape))[-1].unit_axis == axis
