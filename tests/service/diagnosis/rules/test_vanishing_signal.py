from dataclasses import replace

import pytest

from service.diagnosis.rules.vanishing_signal import detect
from tests.service.diagnosis.evidence import chain, geometric, run, signals

LAYERS = chain(8, "Tanh")


def parts(first: float, last: float) -> dict[str, list[float]]:
    return {"activation_batch_std": geometric(first, last, 8)}


def test_an_output_that_no_longer_depends_on_the_example_is_seen() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, by_activation=parts(0.5, 1e-5))))
    assert sighting is not None
    assert sighting.clear
    assert sighting.layers[-1].name == "h.7.tanh"
    assert sighting.layers[0].name != "h.0.tanh"


def test_an_input_that_tells_no_examples_apart_is_not_the_layers_fault() -> None:
    assert detect(signals(LAYERS, run(LAYERS, by_activation=parts(2e-3, 1e-3)))) is None


def test_a_signal_that_shrinks_away_is_seen() -> None:
    sizes = geometric(1.0, 1e-5, 8)
    one = run(LAYERS, by_activation={"activation_rms": sizes, "activation_batch_std": [s / 2 for s in sizes]})
    sighting = detect(signals(LAYERS, one))
    assert sighting is not None
    assert sighting.evidence[0].value == pytest.approx(-5)


def test_a_signal_that_training_brought_back_is_sound() -> None:
    one = run(LAYERS, by_activation=parts(0.5, 1e-5), later=parts(0.5, 0.4))
    assert detect(signals(LAYERS, one)) is None


def test_a_collapse_that_came_with_training_is_a_consequence() -> None:
    one = run(LAYERS, by_activation=parts(0.5, 0.4), later=parts(0.5, 1e-5))
    sighting = detect(signals(LAYERS, one))
    assert sighting is not None
    assert not sighting.from_start


def test_a_signal_that_a_normalisation_brings_back_to_scale_is_sound() -> None:
    layers = tuple(
        layer.model_copy(update={"family": "normalization"}) if layer.name == "h.7.tanh" else layer
        for layer in LAYERS
    )
    sizes = geometric(1.0, 1e-5, 8)
    one = run(LAYERS, by_activation={"activation_rms": sizes, "activation_batch_std": [s / 2 for s in sizes]})
    assert detect(signals(LAYERS, one)) is not None
    assert detect(signals(layers, one)) is None


def test_a_critic_that_its_generator_hears_is_sound_inside() -> None:
    critic = replace(signals(LAYERS, run(LAYERS, by_activation=parts(0.5, 1e-5))), network="critic")
    assert detect(critic) is not None
    assert detect(replace(critic, generator=signals(LAYERS, run(LAYERS)))) is None
