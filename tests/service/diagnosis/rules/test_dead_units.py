from service.diagnosis.rules.dead_units import detect
from tests.service.diagnosis.evidence import chain, run, signals

LAYERS = chain(4, "ReLU")


def shares(*values: float) -> dict[str, list[float]]:
    return {"activation_dead_share": list(values)}


def test_a_dead_layer_is_seen_by_name() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, by_activation=shares(0.0, 0.1, 1.0, 0.0))))
    assert sighting is not None
    assert [layer.name for layer in sighting.layers] == ["h.2.relu"]
    assert "born dead" in sighting.cause


def test_sparse_activations_are_no_illness() -> None:
    assert detect(signals(LAYERS, run(LAYERS, by_activation=shares(0.5, 0.6, 0.4, 0.7)))) is None


def test_units_that_training_killed_are_told_from_those_born_dead() -> None:
    one = run(LAYERS, by_activation=shares(0, 0, 0, 0), later=shares(0.95, 0.95, 0.95, 0.95))
    sighting = detect(signals(LAYERS, one))
    assert sighting is not None
    assert "Training killed" in sighting.cause
