from service.diagnosis.rules.shattered_gradient import detect
from service.diagnosis.signals import Signals
from tests.service.diagnosis.evidence import chain, run, signals

LAYERS = chain(8, "ReLU")


def coherence(first: float, later: float | None = None) -> Signals:
    """It rises evenly to 1 at the last hidden layer."""

    def profile(start: float) -> dict[str, list[float]]:
        return {"output_gradient_coherence": [start + (1 - start) * index / 7 for index in range(8)]}

    one = run(LAYERS, by_activation=profile(first), later=None if later is None else profile(later))
    return signals(LAYERS, one)


def test_examples_that_have_nothing_to_do_with_one_another_are_seen() -> None:
    sighting = detect(coherence(0.02))
    assert sighting is not None
    assert sighting.clear
    assert sighting.layers[0].name == "h.0.relu"


def test_examples_that_still_agree_a_little_are_sound() -> None:
    assert detect(coherence(0.3)) is None


def test_a_gradient_that_training_brought_together_is_sound() -> None:
    assert detect(coherence(0.02, 0.5)) is None


def test_one_that_only_training_tore_apart_is_a_consequence() -> None:
    sighting = detect(coherence(0.9, 0.02))
    assert sighting is not None
    assert not sighting.from_start


def test_a_value_just_below_the_bound_is_borderline() -> None:
    sighting = detect(coherence(0.14))
    assert sighting is not None
    assert not sighting.clear


def test_shallow_networks_are_not_asked() -> None:
    layers = chain(3, "ReLU")
    one = run(layers, by_activation={"output_gradient_coherence": [0.0, 0.5, 1.0]})
    assert detect(signals(layers, one)) is None
