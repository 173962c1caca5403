import math

import pytest

from service.diagnosis.trials.comparing import Comparison
from service.diagnosis.trials.scale import Scale
from tests.service.diagnosis.trials.scripted import outcome


def comparison(control: list[float], trial: list[float]) -> Comparison:
    sides = ({seed: outcome(skill) for seed, skill in enumerate(skills)} for skills in (control, trial))
    return Comparison(Scale("skill"), *sides)


def test_a_trial_that_learns_in_every_seed_where_the_control_does_not_is_proven() -> None:
    seen = comparison([0.0, 0.02, 0.01], [0.8, 0.82, 0.78])
    assert seen.proven
    assert seen.cured == {0, 1, 2}
    assert "one-sided" in seen.test
    assert "0.95" in seen.test


def test_one_lucky_seed_proves_nothing() -> None:
    seen = comparison([0.0, 0.0, 0.0], [0.9, 0.0, 0.01])
    assert not seen.proven
    assert seen.cured == {0}


def test_two_of_three_seeds_that_differ_wildly_are_not_supported() -> None:
    seen = comparison([0.0, 0.0, 0.0], [0.9, 0.35, 0.0])
    assert seen.mostly
    assert not seen.supported


def test_classes_that_are_told_apart_are_learned_although_the_loss_has_far_to_go() -> None:
    control = {seed: outcome(0.0, accuracy=0.5) for seed in range(3)}
    trial = {seed: outcome(0.2, accuracy=0.85) for seed in range(3)}
    assert not Comparison(Scale("skill"), control, trial).cured
    assert Comparison(Scale("skill"), control, trial, hint=Scale("accuracy", 0.5)).proven


def test_added_seeds_are_told_and_ask_for_more_confidence() -> None:
    control = {seed: outcome(0.0) for seed in range(4)}
    trial = {seed: outcome(skill) for seed, skill in enumerate((0.4, 0.42, 0.9, 0.1))}
    first, again = (Comparison(Scale("skill"), control, trial, added=added) for added in (0, 1))
    assert first.confidence == again.confidence
    assert 0.95 <= (first.confidence or 0) < 0.975
    assert (first.proven, again.proven) == (True, False)
    assert again.test.endswith("claimed from a confidence of 0.975 (seeds added: 1)")


def test_a_tie_is_no_better() -> None:
    seen = comparison([0.5, 0.6, 0.7], [0.5, 0.6, 0.7])
    assert not seen.better
    assert not seen.supported


def test_a_control_that_gets_nearly_as_far_is_not_ill() -> None:
    seen = comparison([0.75, 0.76, 0.74], [0.9, 0.9, 0.9])
    assert not seen.better


def test_a_control_that_goes_non_finite_counts_as_guessing() -> None:
    seen = comparison([math.nan] * 3, [0.6, 0.7, 0.65])
    assert seen.proven
    assert seen.middle == (0.0, pytest.approx(0.65))


def test_a_trial_that_is_finite_and_useless_is_not_better() -> None:
    seen = comparison([math.nan] * 3, [0.0, -0.5, 0.01])
    assert not seen.better
    assert seen.finite == 3


def test_a_trial_that_goes_non_finite_is_not_better() -> None:
    seen = comparison([0.0] * 3, [math.nan] * 3)
    assert not seen.better
    assert seen.finite == 0


def test_one_seed_supports_nothing_and_the_test_says_so() -> None:
    seen = comparison([0.0], [0.9])
    assert seen.mostly
    assert seen.confidence is None
    assert not seen.proven
    assert seen.test.startswith("none: one seed")


def test_without_a_scale_nothing_is_compared() -> None:
    seen = Comparison(None, {0: outcome(None)}, {0: outcome(None)})
    assert not seen.proven
    assert seen.levels == {}
    assert seen.test.startswith("none")


def test_rows_hold_both_sides_of_every_seed() -> None:
    row = comparison([math.nan, 0.0], [0.8, 0.1]).rows()[0]
    assert (row.seed, row.trial_skill, row.better) == (0, 0.8, True)
    assert math.isnan(row.control_loss or 0)
