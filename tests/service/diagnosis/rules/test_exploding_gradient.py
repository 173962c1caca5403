import math

from service.diagnosis.rules.exploding_gradient import detect
from tests.service.diagnosis.evidence import chain, geometric, run, signals

LAYERS = chain(10, "ReLU")


def gradients(first: float) -> dict[str, list[float]]:
    return {"output_gradient_rms": geometric(first, 1.0, 10)}


def test_a_gradient_that_grows_toward_the_input_is_seen() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, by_activation=gradients(1e3))))
    assert sighting is not None
    assert sighting.layers[0].name == "h.0.relu"


def test_growth_of_the_signal_is_another_illness() -> None:
    one = run(LAYERS, by_activation={"activation_rms": geometric(1.0, 1e5, 10)})
    assert detect(signals(LAYERS, one)) is None


def test_a_large_raw_gradient_alone_is_no_illness() -> None:
    one = run(LAYERS, by_activation={"output_gradient_rms": [1e6] * 10})
    assert detect(signals(LAYERS, one)) is None


def test_one_probe_is_enough() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, by_activation={}, later=gradients(1e3))))
    assert sighting is not None
    assert sighting.evidence[0].step == 32
    assert not sighting.from_start


def test_a_value_just_over_the_threshold_is_borderline() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, by_activation=gradients(105.0))))
    assert sighting is not None
    assert not sighting.clear


def test_what_cannot_be_measured_is_not_seen() -> None:
    one = run(LAYERS, by_activation={"output_gradient_rms": [math.nan] * 10})
    assert detect(signals(LAYERS, one)) is None
