import math
from dataclasses import replace

import pytest

from service.diagnosis.rules.poor_initialization import detect
from service.diagnosis.signals import Signals
from tests.service.diagnosis.evidence import WIDTH, chain, geometric, run, signals, submission


def weights(
    gain: float, hidden: int = 12, activation: str = "ReLU", last: float = 1.0, **everywhere: float
) -> Signals:
    """Hidden layers of one gain, and a forward signal that ends at `last`."""
    layers = chain(hidden, activation)
    rows = {"weight_rms": gain / math.sqrt(WIDTH), "weight_row_spread": 1.0} | everywhere
    sizes = {"activation_rms": geometric(1.0, last, hidden)}
    return signals(layers, run(layers, by_activation=sizes, everywhere=rows))


def test_weights_too_small_for_their_depth_are_seen() -> None:
    sighting = detect(weights(0.5, last=1e-5))
    assert sighting is not None
    assert sighting.clear
    assert "too small" in sighting.message
    assert "needs a gain of 1.4 and begins with 0.5" in sighting.cause
    assert sighting.evidence[0].value == pytest.approx(12 * math.log10(0.5 / math.sqrt(2)))


def test_weights_too_large_for_their_depth_are_seen() -> None:
    sighting = detect(weights(3.0, last=1e4))
    assert sighting is not None
    assert "too large" in sighting.message


def test_small_weights_without_an_effect_are_no_illness() -> None:
    assert detect(weights(0.5)) is None


def test_a_small_factor_in_a_shallow_network_is_no_illness() -> None:
    assert detect(weights(0.5, hidden=3, last=1e-5)) is None


@pytest.mark.parametrize(("gain", "activation"), [(math.sqrt(2), "ReLU"), (1.0, "Tanh"), (1.0, "SELU")])
def test_the_textbooks_weights_are_right_whatever_the_signal_does(gain: float, activation: str) -> None:
    assert detect(weights(gain, activation=activation, last=1e-5)) is None
    assert detect(weights(gain, activation=activation, last=1e5)) is None


def test_no_size_of_weights_suits_a_deep_stack_of_sigmoids() -> None:
    assert detect(weights(0.5, activation="Sigmoid", last=1e-5)) is None


def test_units_that_are_copies_are_ill_of_something_else() -> None:
    assert detect(weights(0.5, last=1e-5, weight_row_spread=0.0)) is None


def test_layers_that_a_normalisation_follows_may_have_any_size() -> None:
    layers = tuple(
        layer.model_copy(update={"family": "normalization"}) if layer.family == "activation" else layer
        for layer in chain(12, "ReLU")
    )
    rows = {"weight_rms": 0.01, "weight_row_spread": 1.0}
    assert detect(signals(layers, run(layers, everywhere=rows))) is None


def test_a_huge_first_loss_is_an_effect_of_large_weights() -> None:
    layers = chain(4, "Tanh")
    one = run(layers, everywhere={"weight_rms": 2.0, "weight_row_spread": 1.0}, first_loss=80.0)
    sighting = detect(signals(layers, one))
    assert sighting is not None
    assert sighting.evidence[-1].statistic == "first_loss"


def test_how_a_critic_begins_whose_weights_are_clamped_is_forgotten_at_once() -> None:
    begun = weights(0.5, last=1e-5)
    critic = replace(begun, network="critic")
    assert detect(critic) is not None
    loss = {"type": "Wasserstein", "weight_clip": 0.01}
    assert detect(replace(critic, submission=submission(loss=loss))) is None
    assert detect(replace(begun, submission=submission(loss=loss), network="generator")) is not None


def test_a_product_at_its_bound_is_plain_where_what_comes_of_it_is() -> None:
    near = 10 ** (-1.6 / 12) * math.sqrt(2)
    faint, plain = detect(weights(near, last=0.05)), detect(weights(near, last=1e-3))
    assert faint is None or not faint.clear
    assert plain is None or plain.clear
    assert detect(weights(10 ** (-1.6 / 6) * math.sqrt(2), hidden=6, last=1e-3)) is not None
