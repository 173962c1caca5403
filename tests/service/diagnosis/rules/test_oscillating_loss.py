import random
from collections.abc import Sequence
from typing import Any

from service.diagnosis.registry import Sighting
from service.diagnosis.rules.oscillating_loss import detect
from tests.service.diagnosis.evidence import chain, run, signals

LAYERS = chain(3)
SWINGING = [2.3 + 2.0 * (-1) ** step for step in range(64)]


def seen(losses: Sequence[float], batch_size: int = 64, **outcome: Any) -> Sighting | None:
    return detect(signals(LAYERS, run(LAYERS, losses=losses, **outcome), batch_size=batch_size))


def test_wide_swings_without_progress_are_seen() -> None:
    sighting = seen(SWINGING)
    assert sighting is not None
    assert "swings by 1.7 times" in sighting.message


def test_a_loss_that_only_drifts_or_spikes_once_is_passed_over() -> None:
    assert seen([2.3 + 0.05 * step for step in range(64)]) is None
    assert seen([2.3] * 50 + [40.0] + [2.3] * 13) is None


def test_the_noise_of_single_examples_is_averaged_away() -> None:
    dice = random.Random(0)
    noise = [dice.expovariate(1 / 2.3) for _ in range(1200)]
    assert seen(noise, batch_size=1) is None
    assert seen(noise, batch_size=64) is not None


def test_networks_that_learn_and_runs_cut_short_are_passed_over() -> None:
    assert seen(SWINGING, skill=0.9) is None
    assert seen(SWINGING, stopped="settled") is None
