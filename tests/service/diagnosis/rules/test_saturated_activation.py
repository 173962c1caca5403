from service.diagnosis.rules.saturated_activation import detect
from tests.service.diagnosis.evidence import chain, run, signals

LAYERS = chain(4, "Tanh")


def shares(*values: float) -> dict[str, list[float]]:
    return {"activation_saturated_share": list(values)}


def test_a_layer_of_which_nine_units_in_ten_are_flat_is_seen_by_name() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, by_activation=shares(0.1, 0.95, 0.2, 0.2))))
    assert sighting is not None
    assert [layer.name for layer in sighting.layers] == ["h.1.tanh"]


def test_half_saturated_is_no_illness() -> None:
    assert detect(signals(LAYERS, run(LAYERS, by_activation=shares(0.5, 0.6, 0.5, 0.3)))) is None


def test_the_cause_tells_a_bad_start_from_bad_steps() -> None:
    born = detect(signals(LAYERS, run(LAYERS, by_activation=shares(0.99, 0.99, 0.99, 0.99))))
    driven = detect(
        signals(LAYERS, run(LAYERS, by_activation=shares(0, 0, 0, 0), later=shares(0.99, 0.99, 0.99, 0.99)))
    )
    assert born is not None
    assert driven is not None
    assert "from the start" in born.cause
    assert "Training drove" in driven.cause
