import pytest

from service.diagnosis.rules.exploding_through_time import detect
from service.schemas.run import NonFinite
from tests.service.diagnosis.sequences import run, view


def test_a_gradient_that_grows_back_through_time_is_seen() -> None:
    sighting = detect(view(run([1e3, 1e3, 1e3])))
    assert sighting is not None
    assert sighting.evidence[0].value == pytest.approx(6)
    assert sighting.clear
    assert sighting.from_start


def test_growth_by_ten_is_enough_before_the_first_step_and_not_later() -> None:
    assert detect(view(run([2e-2, 1e-3, 1e-3]))) is not None
    assert detect(view(run([1e-3, 2e-2, 2e-2]))) is None


def test_growth_that_came_with_training_is_told_as_such() -> None:
    sighting = detect(view(run([1e-3, 1e3, 1e3])))
    assert sighting is not None
    assert not sighting.from_start


def test_a_state_far_above_its_input_is_seen() -> None:
    sighting = detect(view(run([1e-3] * 3, state=1e4), kind="LSTM", activation="ReLU"))
    assert sighting is not None
    assert "state explodes" in sighting.message
    assert "does not bound its state" in sighting.cause


def test_an_unbounded_cell_that_broke_is_seen_without_any_ratio() -> None:
    origin = NonFinite(step=1, direction="forward", depth=1, layer="rnn", value="Infinity")
    broken = run([1e-3] * 3, stopped="non-finite", first_nonfinite=origin)
    assert detect(view(broken, kind="LSTM", activation="ReLU")) is not None
    assert detect(view(broken, kind="LSTM", activation="Tanh")) is None


def test_gradients_that_are_large_at_every_time_step_are_no_illness() -> None:
    assert detect(view(run([1e6] * 3, last=[1e6] * 3))) is None
