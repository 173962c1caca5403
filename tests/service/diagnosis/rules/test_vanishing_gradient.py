from dataclasses import replace
from typing import Any

import pytest

from service.diagnosis.rules.vanishing_gradient import detect
from tests.service.diagnosis.evidence import chain, geometric, run, signals, submission

LAYERS = chain(10)
ADAM = {"optimizer": {"type": "Adam"}}


def profile(exponent: float) -> dict[str, list[float]]:
    return {"output_gradient_rms": geometric(10**exponent, 1.0, 10)}


def test_a_steep_fall_under_sgd_is_seen_with_the_layers_that_it_hits() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, by_activation=profile(-6))))
    assert sighting is not None
    assert sighting.clear
    assert sighting.layers[0].name == "h.0.sigmoid"
    assert "h.9.sigmoid" not in {layer.name for layer in sighting.layers}


def test_adam_makes_up_for_a_fall_that_sgd_does_not() -> None:
    one = run(LAYERS, by_activation=profile(-3.5))
    assert detect(signals(LAYERS, one)) is not None
    assert detect(signals(LAYERS, one, **ADAM)) is None


def test_adam_does_not_make_up_for_a_collapsed_signal() -> None:
    collapsed = profile(-3.5) | {"activation_batch_std": [0.01] * 10}
    assert detect(signals(LAYERS, run(LAYERS, by_activation=collapsed), **ADAM)) is not None


def test_adam_does_not_help_below_its_eps() -> None:
    one = run(LAYERS, by_activation=profile(-3.5), everywhere={"adam_epsilon_share": 0.9})
    assert detect(signals(LAYERS, one, **ADAM)) is not None


@pytest.mark.parametrize("exponent", [0.0, -1.0, -1.4])
def test_a_gentle_fall_is_no_illness(exponent: float) -> None:
    assert detect(signals(LAYERS, run(LAYERS, by_activation=profile(exponent)))) is None


def test_a_gradient_that_is_small_everywhere_alike_is_no_illness() -> None:
    one = run(LAYERS, by_activation={"output_gradient_rms": [1e-12] * 10})
    assert detect(signals(LAYERS, one)) is None


def test_a_network_that_left_its_bad_start_is_no_longer_ill() -> None:
    assert detect(signals(LAYERS, run(LAYERS, by_activation=profile(-6), later=profile(-0.5)))) is None


def test_a_value_just_over_the_threshold_is_borderline() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, by_activation=profile(-2.55))))
    assert sighting is not None
    assert not sighting.clear


def test_a_first_half_that_cannot_move_within_the_plan_is_seen() -> None:
    layers = LAYERS
    one = run(layers, by_activation=profile(-1.4))
    frozen = {layer.depth for layer in layers[:8]}
    rows = tuple(
        row.model_copy(update={"update_ratio": 1e-9}) if row.depth in frozen and row.update_ratio else row
        for row in one.layers
    )
    sighting = detect(signals(layers, one.model_copy(update={"layers": rows})))
    assert sighting is not None
    assert {item.statistic for item in sighting.evidence} >= {"depth_ratio", "update_ratio"}


def test_the_cause_tells_small_weights_from_saturating_activations() -> None:
    relu = chain(10, "ReLU")
    shrinking = profile(-6) | {"activation_rms": geometric(1.0, 1e-5, 10)}
    small = detect(signals(relu, run(relu, by_activation=shrinking)))
    sigmoid = detect(signals(LAYERS, run(LAYERS, by_activation=profile(-6))))
    assert small is not None
    assert sigmoid is not None
    assert "initial weights are too small" in small.cause
    assert "Sigmoid" in sigmoid.cause


@pytest.mark.parametrize(
    ("before", "after", "expected"), [(-6, -6, True), (-3, -8, True), (-1.7, -30, False)]
)
def test_a_fall_that_training_deepened_by_far_is_a_consequence(
    before: float, after: float, expected: bool
) -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, by_activation=profile(before), later=profile(after))))
    assert sighting is not None
    assert sighting.from_start is expected


def test_a_clamped_critic_vanishes_by_its_clamp() -> None:
    critic = replace(
        signals(LAYERS, run(LAYERS, by_activation=profile(-6))),
        network="critic",
        submission=submission(loss={"type": "Wasserstein", "weight_clip": 0.01}),
    )
    sighting = detect(critic)
    assert sighting is not None
    assert "clamped to ±0.01" in sighting.cause


def test_a_value_at_its_bound_is_clear_where_the_signal_has_collapsed_too() -> None:
    collapsed = profile(-2.55) | {"activation_batch_std": [1e-3] * 10}
    sighting = detect(signals(LAYERS, run(LAYERS, by_activation=collapsed)))
    assert sighting is not None
    assert sighting.clear


GONE = profile(-4) | {"activation_batch_std": [1e-4] * 10}


def test_a_bad_start_that_took_most_of_the_budget_is_seen_although_it_passed() -> None:
    one = run(LAYERS, by_activation=GONE, later=profile(-0.5))
    sighting = detect(signals(LAYERS, one))
    assert sighting is not None
    assert "until step 32 of 65" in sighting.message
    assert sighting.layers[0].name == "h.0.sigmoid"


@pytest.mark.parametrize("fields", [{"skill": 0.6}, {"stopped": "settled"}, {"steps_run": 1000}])
def test_a_bad_start_that_left_time_enough_is_no_illness(fields: dict[str, Any]) -> None:
    assert detect(signals(LAYERS, run(LAYERS, by_activation=GONE, later=profile(-0.5), **fields))) is None


def test_a_critic_that_its_generator_hears_is_sound_inside() -> None:
    critic = replace(signals(LAYERS, run(LAYERS, by_activation=profile(-6))), network="critic")
    still = signals(LAYERS, run(LAYERS, everywhere={"update_ratio": 1e-9}))
    assert detect(critic) is not None
    assert detect(replace(critic, generator=still)) is not None
    assert detect(replace(critic, generator=signals(LAYERS, run(LAYERS)))) is None
