import math

import pytest

from service.diagnosis.trials.scale import Scale, Side, chance, hint_of, scale_of
from service.schemas.intake import accept
from service.schemas.run import Outcome
from service.schemas.submission import Submission
from tests.service.diagnosis.trials.scripted import LIMITS, outcome, submission


def side(known: Submission, *outcomes: Outcome) -> Side:
    return Side(known, accept(known, LIMITS, lambda _digest: None).plan.layers, outcomes)


def test_the_same_loss_is_compared_by_skill() -> None:
    scale = scale_of(
        side(submission(), outcome(0.1, accuracy=0.4)), side(submission(), outcome(0.8, accuracy=0.9))
    )
    assert scale == Scale("skill")


def test_another_loss_is_compared_by_accuracy_above_guessing() -> None:
    other = submission(training={"loss": "MultiMarginLoss", "optimizer": "SGD", "steps": 200})
    entropy = outcome(0.1, accuracy=0.4, trivial_loss=math.log(3))
    scale = scale_of(side(submission(), entropy), side(other, outcome(0.8, accuracy=0.9)))
    assert scale == Scale("accuracy", pytest.approx(1 / 3))
    assert scale.level(outcome(0.0, accuracy=2 / 3)) == pytest.approx(0.5)


def test_a_softmax_taken_off_changes_what_the_loss_means() -> None:
    layers = [{"type": "Linear", "out_features": 3}]
    twice = submission(network={"input": {"shape": [4]}, "layers": [*layers, {"type": "Softmax", "dim": -1}]})
    once = submission(network={"input": {"shape": [4]}, "layers": layers})
    scale = scale_of(side(twice, outcome(0.1, accuracy=0.4)), side(once, outcome(0.8, accuracy=0.9)))
    assert scale is not None
    assert scale.name == "accuracy"


def test_another_loss_without_accuracies_is_compared_by_each_ones_own_skill() -> None:
    other = submission(training={"loss": "MultiMarginLoss", "optimizer": "SGD", "steps": 200})
    assert scale_of(side(submission(), outcome(0.1)), side(other, outcome(0.8))) == Scale("skill")


def test_a_loss_without_a_bottom_falls_back_on_accuracy_or_has_no_level() -> None:
    endless = outcome(1.4, accuracy=0.5, trivial_loss=math.log(3))
    assert scale_of(side(submission(), endless), side(submission(), endless)) == Scale(
        "accuracy", pytest.approx(1 / 3)
    )
    assert scale_of(side(submission(), outcome(1.4)), side(submission(), outcome(0.4))) is None


def test_guessing_is_judged_by_the_side_whose_loss_knows_the_classes() -> None:
    network = {"input": {"shape": [2]}, "layers": [{"type": "Linear", "out_features": 1}]}
    moons = {"source": "builtin", "name": "moons"}
    fused = {"loss": "BCEWithLogitsLoss", "optimizer": "SGD", "steps": 200}
    alone, binary = (
        submission(network=network, data=moons),
        submission(network=network, data=moons, training=fused),
    )
    nothing_to_choose = outcome(None, accuracy=0.5, trivial_loss=0.0)
    told_apart = outcome(0.9, accuracy=0.98, trivial_loss=math.log(2))
    scale = scale_of(side(alone, nothing_to_choose), side(binary, told_apart))
    assert scale == Scale("accuracy", pytest.approx(0.5))


def test_accuracy_is_no_hint_where_nothing_says_how_many_are_of_one_class() -> None:
    squared = submission(training={"loss": "MSELoss", "optimizer": "SGD", "steps": 200})
    told = outcome(0.1, accuracy=0.95)
    assert hint_of(side(squared, told), side(squared, told)) is None
    assert hint_of(side(submission(), told), side(submission(), told)) is not None


def test_generators_are_compared_by_their_samples() -> None:
    scale = scale_of(side(submission(), outcome(None)), side(submission(), outcome(None, sample_skill=0.9)))
    assert scale == Scale("samples")
    assert scale.level(outcome(None, sample_skill=0.9)) == 0.9
    assert scale.level(outcome(None, sample_skill=-40.0)) == 0.0
    assert scale.level(outcome(None)) == 0.0


def test_an_objective_without_a_trivial_predictor_has_no_level() -> None:
    assert scale_of(side(submission(), outcome(None)), side(submission(), outcome(None))) is None


def test_a_control_that_goes_non_finite_does_not_take_the_scale_away() -> None:
    assert scale_of(side(submission(), outcome(math.nan)), side(submission(), outcome(0.4))) == Scale("skill")


@pytest.mark.parametrize("skill", [-1e12, 0.0, math.nan, -math.inf, None])
def test_whatever_is_no_better_than_guessing_is_at_level_zero(skill: float | None) -> None:
    assert Scale("skill").level(outcome(skill)) == 0.0


def test_the_level_of_a_run_that_broke_off_is_zero_whatever_it_reached() -> None:
    assert Scale("skill").level(outcome(0.9, stopped="non-finite")) == 0.0


def test_guessing_is_bounded_by_the_entropy_of_the_classes() -> None:
    coin = -(0.9 * math.log(0.9) + 0.1 * math.log(0.1))
    assert chance(2, entropy=coin) == pytest.approx(0.9, abs=1e-6)
    assert chance(10, entropy=math.log(10)) == pytest.approx(0.1)
    assert chance(4) == 0.25
    assert chance(3, entropy=0.0) == pytest.approx(1, abs=1e-5)
