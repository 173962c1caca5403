import math

import pytest

from service.diagnosis.rules.diverging_training import detect
from tests.service.diagnosis.evidence import chain, run, signals

LAYERS = chain(2)


def test_a_loss_that_ends_far_above_its_start_is_seen() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, last_loss=23.0, skill=-9.0)))
    assert sighting is not None
    assert sighting.evidence[0].value == pytest.approx(10)
    assert not sighting.from_start


def test_a_little_above_is_borderline() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, last_loss=5.0, skill=-1.2)))
    assert sighting is not None
    assert not sighting.clear


def test_a_high_first_loss_is_the_start_that_counts() -> None:
    assert detect(signals(LAYERS, run(LAYERS, first_loss=50.0, last_loss=23.0, skill=-9.0))) is None


@pytest.mark.parametrize(
    "fields", [{"last_loss": math.nan}, {"last_loss": 99.0, "trivial_loss": None, "skill": None}]
)
def test_what_has_no_comparison_is_not_judged(fields: dict[str, float | None]) -> None:
    assert detect(signals(LAYERS, run(LAYERS, **fields))) is None
