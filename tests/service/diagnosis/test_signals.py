import math

import pytest

from tests.service.diagnosis.evidence import chain, geometric, run, signals

LAYERS = chain(6)


def test_the_depth_ratio_is_the_gradient_of_the_first_tap_over_the_last() -> None:
    view = signals(LAYERS, run(LAYERS, by_activation={"output_gradient_rms": geometric(1e-9, 1e-2, 6)}))
    assert view.depth_ratio(0) == pytest.approx(-7)


def test_the_signal_ratio_is_the_activation_of_the_last_tap_over_the_first() -> None:
    view = signals(LAYERS, run(LAYERS, by_activation={"activation_rms": geometric(1.0, 1e3, 6)}))
    assert view.signal_ratio(0) == pytest.approx(3)


@pytest.mark.parametrize("factor", [1e-4, 1e4])
def test_multiplying_the_loss_changes_no_ratio(factor: float) -> None:
    profile = geometric(1e-9, 1e-2, 6)
    plain = signals(LAYERS, run(LAYERS, by_activation={"output_gradient_rms": profile}))
    scaled = signals(
        LAYERS, run(LAYERS, by_activation={"output_gradient_rms": [factor * v for v in profile]})
    )
    assert scaled.depth_ratio(0) == pytest.approx(plain.depth_ratio(0))


@pytest.mark.parametrize(
    ("first", "last", "ratio"), [(0.0, 1.0, -math.inf), (math.inf, 1.0, math.inf), (1.0, 0.0, math.inf)]
)
def test_zero_and_infinity_have_a_ratio(first: float, last: float, ratio: float) -> None:
    profile = [first, 1.0, 1.0, 1.0, 1.0, last]
    assert (
        signals(LAYERS, run(LAYERS, by_activation={"output_gradient_rms": profile})).depth_ratio(0) == ratio
    )


@pytest.mark.parametrize("profile", [[0.0] * 6, [math.nan, 1, 1, 1, 1, 1]])
def test_a_ratio_of_nothing_or_of_nan_is_nan(profile: list[float]) -> None:
    ratio = signals(LAYERS, run(LAYERS, by_activation={"output_gradient_rms": profile})).depth_ratio(0)
    assert ratio is not None
    assert math.isnan(ratio)


def test_the_output_layer_is_no_tap() -> None:
    view = signals(LAYERS, run(LAYERS, everywhere={"output_gradient_rms": 1.0}))
    assert [layer.name for layer in view.taps] == [f"h.{index}.sigmoid" for index in range(6)]


def test_a_settled_signal_is_the_median_of_the_last_three_probes() -> None:
    later = {"output_gradient_rms": geometric(1e-2, 1e-2, 6)}
    one = run(LAYERS, by_activation={"output_gradient_rms": geometric(1e-9, 1e-2, 6)}, later=later)
    view = signals(LAYERS, one)
    assert view.settled(view.depth_ratio) == pytest.approx(0)
    assert view.highest(view.depth_ratio) == (pytest.approx(0), 32)


def test_updates_of_weights_that_began_at_zero_have_no_ratio() -> None:
    view = signals(LAYERS, run(LAYERS, everywhere={"update_ratio": math.inf}))
    assert view.update(0) is None


def test_the_loss_peak_is_held_against_the_trivial_loss_where_that_is_larger() -> None:
    view = signals(LAYERS, run(LAYERS, losses=[1.0, 9.0, 2.0], first_loss=1.0, trivial_loss=3.0))
    assert view.loss_peak == pytest.approx(3.0)


def test_the_reach_adds_updates_up_over_the_plan() -> None:
    view = signals(LAYERS, run(LAYERS, everywhere={"update_ratio": 1e-3}), planned_steps=1000)
    assert view.reach == pytest.approx(1.0)


@pytest.mark.parametrize(("stopped", "expected"), [("settled", True), ("budget", False)])
def test_a_bad_start_that_passes_is_no_verdict_on_a_run_that_is_cut_short(
    stopped: str, expected: bool
) -> None:
    collapsed, better = ({"activation_batch_std": geometric(0.5, last, 6)} for last in (1e-4, 0.1))
    assert (
        signals(LAYERS, run(LAYERS, by_activation=collapsed, later=better, stopped=stopped)).recovering
        is expected
    )
    assert not signals(LAYERS, run(LAYERS, by_activation=collapsed, stopped=stopped)).recovering
