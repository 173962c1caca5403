from typing import Any

import pytest

from service.diagnosis.rules.unbounded_objective import detect
from service.diagnosis.signals import Signals
from service.schemas.statistics import NetworkStatistics
from tests.service.diagnosis.evidence import chain, run, signals

LAYERS = tuple(layer.model_copy(update={"network": "critic"}) for layer in chain(2, "LeakyReLU"))


def critic(norms: tuple[float, ...], **loss: Any) -> Signals:
    one = run(LAYERS, trivial_loss=None, skill=None)
    rows = tuple(
        NetworkStatistics(step=2**step, loss=1.0, gradient_norm=norm) for step, norm in enumerate(norms)
    )
    return signals(LAYERS, one.model_copy(update={"network": rows}), loss={"type": "Wasserstein", **loss})


def test_a_critic_without_constraint_is_seen() -> None:
    sighting = detect(critic((1.0, 5.0, 80.0)))
    assert sighting is not None
    assert sighting.clear
    assert sighting.evidence[0].value == 80.0


def test_one_that_has_not_run_away_yet_is_borderline() -> None:
    sighting = detect(critic((1.0, 2.0, 3.0)))
    assert sighting is not None
    assert not sighting.clear


@pytest.mark.parametrize("constraint", [{"weight_clip": 0.01}, {"gradient_penalty": 10.0}])
def test_a_constraint_is_enough(constraint: dict[str, float]) -> None:
    assert detect(critic((1.0, 5.0, 80.0), **constraint)) is None


def test_the_generator_is_not_blamed() -> None:
    layers = tuple(layer.model_copy(update={"network": "generator"}) for layer in LAYERS)
    assert detect(signals(layers, run(layers), loss={"type": "Wasserstein"})) is None


def test_a_loss_that_is_maximised_is_seen_where_it_rose() -> None:
    layers = chain(2)
    maximized = {"optimizer": {"type": "SGD", "lr": 0.1, "maximize": True}}
    assert detect(signals(layers, run(layers, losses=(2.3, 50.0)), **maximized)) is not None
    assert detect(signals(layers, run(layers), **maximized)) is None


def test_an_ordinary_loss_has_a_bottom() -> None:
    layers = chain(2)
    assert detect(signals(layers, run(layers, losses=(2.3, 50.0)))) is None
