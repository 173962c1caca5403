import math

import pytest

from service.diagnosis.rules.vanishing_through_time import detect
from tests.service.diagnosis.sequences import run, view


def test_a_gradient_that_does_not_reach_the_first_time_step_is_seen() -> None:
    sighting = detect(view(run([1e-12] * 3)))
    assert sighting is not None
    assert sighting.layers[0].name == "rnn"
    assert sighting.evidence[0].value == pytest.approx(-9)
    assert "1e-9" in sighting.message


def test_nothing_at_all_is_the_steepest_fall() -> None:
    sighting = detect(view(run([0.0] * 3)))
    assert sighting is not None
    assert sighting.evidence[0].value == -math.inf
    assert "nothing" in sighting.message


def test_how_far_back_it_is_heard_is_told() -> None:
    sighting = detect(view(run([1e-12] * 3, profile=[1e-12, 1e-9, 1e-6, 1e-4, 1e-3])))
    assert sighting is not None
    assert "over 2 of 5 time steps" in sighting.cause


def test_a_memory_that_training_has_found_is_sound() -> None:
    assert detect(view(run([1e-12, 1e-4, 1e-4]))) is None


def test_steps_too_small_to_move_anything_are_the_rates_matter() -> None:
    assert detect(view(run([1e-12] * 3, update=1e-9))) is None


def test_a_value_just_below_the_bound_is_borderline() -> None:
    sighting = detect(view(run([5e-7] * 3)))
    assert sighting is not None
    assert not sighting.clear


def test_a_sequence_without_gradient_says_nothing() -> None:
    assert detect(view(run([0.0] * 3, last=[0.0] * 3))) is None
