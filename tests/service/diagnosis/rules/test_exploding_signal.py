import math

from service.diagnosis.rules.exploding_signal import detect
from tests.service.diagnosis.evidence import chain, geometric, run, signals

LAYERS = chain(10, "ReLU")


def sizes(last: float) -> dict[str, list[float]]:
    return {"activation_rms": geometric(1.0, last, 10)}


def test_a_signal_that_grows_toward_the_output_is_seen_where_the_gradient_is_flat() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, by_activation=sizes(1e5))))
    assert sighting is not None
    assert sighting.clear
    assert sighting.from_start
    assert "initial weights are too large" in sighting.cause


def test_growth_that_came_with_training_is_told_from_that_of_the_start() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, by_activation=sizes(1.0), later=sizes(1e5))))
    assert sighting is not None
    assert not sighting.from_start
    assert "Training" in sighting.cause


def test_a_value_just_over_the_threshold_is_borderline() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, by_activation=sizes(110.0))))
    assert sighting is not None
    assert not sighting.clear


def test_a_signal_that_is_large_everywhere_is_no_illness() -> None:
    assert detect(signals(LAYERS, run(LAYERS, by_activation={"activation_rms": [1e6] * 10}))) is None


def test_what_cannot_be_measured_is_not_seen() -> None:
    assert detect(signals(LAYERS, run(LAYERS, by_activation={"activation_rms": [math.nan] * 10}))) is None
