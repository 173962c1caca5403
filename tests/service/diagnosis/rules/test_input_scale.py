import math

from service.diagnosis.rules.input_scale import detect
from service.schemas.plan import Layer
from tests.service.diagnosis.evidence import chain, run, signals

LAYERS = chain(4, "Tanh")


def test_large_inputs_that_saturate_the_first_layer_are_seen() -> None:
    shares = {"activation_saturated_share": [0.9, 0.1, 0.1, 0.1]}
    sighting = detect(signals(LAYERS, run(LAYERS, by_activation=shares, input_rms=300.0)))
    assert sighting is not None
    assert sighting.clear
    assert "300" in sighting.message


def test_large_inputs_that_blow_up_the_first_loss_are_seen() -> None:
    assert detect(signals(LAYERS, run(LAYERS, input_rms=300.0, first_loss=50.0))) is not None


def test_large_inputs_that_end_non_finite_are_seen() -> None:
    one = run(LAYERS, input_rms=300.0, stopped="non-finite", skill=math.nan, last_loss=math.nan)
    assert detect(signals(LAYERS, one)) is not None


def test_small_inputs_that_drown_beside_the_biases_are_seen() -> None:
    drowned = {"activation_batch_std": [1e-4, 1e-4, 1e-4, 1e-4]}
    assert detect(signals(LAYERS, run(LAYERS, by_activation=drowned, input_rms=1e-4))) is not None


def test_large_inputs_without_an_effect_are_no_cause() -> None:
    assert detect(signals(LAYERS, run(LAYERS, input_rms=300.0))) is None


def test_large_inputs_in_a_network_that_learns_are_no_illness() -> None:
    assert detect(signals(LAYERS, run(LAYERS, input_rms=300.0, first_loss=50.0, skill=0.8))) is None


def test_a_network_that_normalises_its_input_first_is_left_alone() -> None:
    first, *rest = LAYERS
    normalized: tuple[Layer, ...] = (first.model_copy(update={"family": "normalization"}), *rest)
    assert detect(signals(normalized, run(normalized, input_rms=300.0, first_loss=50.0))) is None
