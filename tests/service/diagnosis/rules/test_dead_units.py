from service.diagnosis.rules.dead_units import detect
from service.diagnosis.signals import Signals
from tests.service.diagnosis.evidence import chain, run, signals
from tests.service.diagnosis.structures import of

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


def test_a_dropout_of_everything_is_named_where_it_feeds_the_dead() -> None:
    written = {
        "network": {
            "input": {"shape": [64]},
            "layers": [
                {"type": "Linear", "out_features": 16},
                {"type": "Dropout", "p": 1.0, "name": "drop"},
                "ReLU",
                {"type": "Linear", "out_features": 10},
            ],
        },
        "training": {"loss": "CrossEntropyLoss", "optimizer": "SGD"},
        "data": {"source": "builtin", "name": "digits"},
    }
    (structure,) = of(written)
    one = run(structure.layers, by_activation=shares(1.0))
    sighting = detect(Signals(structure.submission, 100, structure.network, structure.layers, one))
    assert sighting is not None
    assert sighting.cause.startswith("drop puts out everything")
