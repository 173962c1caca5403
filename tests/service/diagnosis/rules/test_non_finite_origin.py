import math

import pytest

from service.diagnosis.rules.non_finite_origin import detect
from service.schemas.run import NonFinite
from tests.service.diagnosis.evidence import chain, run, signals

LAYERS = chain(4, "ReLU")


def ended(origin: NonFinite | None) -> dict:
    return {"nonfinite": origin, "stopped": "non-finite", "last_loss": math.nan, "skill": math.nan}


def test_the_producer_is_named_with_step_and_direction() -> None:
    origin = NonFinite(step=7, direction="backward", depth=2, layer="h.1.linear", value="NaN")
    sighting = detect(signals(LAYERS, run(LAYERS, **ended(origin))))
    assert sighting is not None
    assert "h.1.linear is the first whose gradient is not finite, at step 7" in sighting.message
    assert [layer.name for layer in sighting.layers] == ["h.1.linear"]


@pytest.mark.parametrize("place", ["input", "loss"])
def test_the_input_and_the_loss_are_places_too(place: str) -> None:
    origin = NonFinite(step=0, direction="forward", depth=None, layer=place, value="Infinity")
    sighting = detect(signals(LAYERS, run(LAYERS, **ended(origin))))
    assert sighting is not None
    assert place in sighting.message
    assert sighting.layers == ()


def test_an_end_without_a_known_place_is_seen_all_the_same() -> None:
    assert detect(signals(LAYERS, run(LAYERS, **ended(None)))) is not None


def test_a_skipped_step_of_loss_scaling_is_no_illness() -> None:
    origin = NonFinite(step=0, direction="backward", depth=2, layer="h.1.linear", value="Infinity")
    assert detect(signals(LAYERS, run(LAYERS, nonfinite=origin, skill=0.5))) is None


def test_a_network_that_is_not_where_it_began_is_left_alone() -> None:
    elsewhere = NonFinite(step=0, direction="forward", depth=99, layer="critic.linear", value="NaN")
    assert detect(signals(LAYERS, run(LAYERS, **ended(elsewhere)))) is None
