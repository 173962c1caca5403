from service.diagnosis.rules.gradient_spikes import detect
from service.diagnosis.signals import Signals
from service.schemas.statistics import NetworkStatistics
from tests.service.diagnosis.evidence import chain, run, signals

LAYERS = chain(2)


def norms(*values: float, skipped: float = 0.0, skill: float = 0.0) -> Signals:
    """Gradient norms by probe; the last step's may have been skipped."""
    one = run(LAYERS, skill=skill)
    last = len(values) - 1
    rows = tuple(
        NetworkStatistics(step=step, loss=2.3, gradient_norm=value, skipped=skipped if step == last else 0.0)
        for step, value in enumerate(values)
    )
    return signals(LAYERS, one.model_copy(update={"network": rows}))


def test_one_gradient_a_thousand_times_the_others_is_seen() -> None:
    sighting = detect(norms(1.0, 1.2, 0.9, 5000.0))
    assert sighting is not None
    assert sighting.evidence[0].step == 3
    assert sighting.clear


def test_gradients_that_fall_are_sound() -> None:
    assert detect(norms(100.0, 10.0, 1.0, 0.5)) is None


def test_a_step_that_loss_scaling_skipped_never_was() -> None:
    assert detect(norms(1.0, 1.2, 0.9, 5000.0, skipped=1.0)) is None


def test_leaps_of_the_loss_are_seen_between_probes() -> None:
    losses = [2.3, 2.2, 2.1, 9.0, 2.2, 2.1, 2.0, 30.0, 2.1, 2.0, 12.0]
    sighting = detect(signals(LAYERS, run(LAYERS, losses=losses)))
    assert sighting is not None
    assert sighting.evidence[1].value == 3


def test_a_network_that_learns_may_leap() -> None:
    assert detect(norms(1.0, 1.2, 0.9, 5000.0, skill=0.8)) is None
