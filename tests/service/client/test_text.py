import math

import pytest

from service.client.profile import depth_profile
from service.client.text import PROFILE_ROWS, bar, bars, measured, ran, render
from service.schemas.diagnosis import Measurement
from service.schemas.onnx import ImportReport, NamedShape
from service.schemas.run import Failure, Obstacle
from tests.service.client.diagnoses import diagnosis, finding, run
from tests.service.diagnosis.evidence import chain, outcome


def test_the_verdict_comes_first() -> None:
    assert render(diagnosis()).startswith("HEALTHY  All is well.")


def test_a_finding_is_told_with_cause_layers_seeds_and_what_it_explains() -> None:
    text = render(diagnosis(verdict="unstable", findings=(finding(),)))
    for part in (
        "GC101 vanishing-gradient (error), 2 of 3 seeds",
        "It vanishes.",
        "Depth.",
        "a to b, 2 of 3",
        "GC105",
    ):
        assert part in text


def test_a_failure_says_whose_it_is() -> None:
    error = Failure(whose="client", code="out-of-memory", detail="The run took more than 4 GB.")
    text = render(diagnosis(status="failed", verdict=None, summary=None, error=error))
    assert text.startswith("FAILED")
    assert "client error out-of-memory: The run took more than 4 GB." in text


def test_a_number_stands_beside_what_it_was_held_against() -> None:
    item = Measurement(
        statistic="D", value=-7.123, threshold=-2.5, comparison="<=", layer="h.0", step=4, seed=1
    )
    assert measured(item) == "D = -7.12 (<= -2.5) at h.0, step 4, seed 1"


def test_the_profile_has_a_bar_for_each_layer_and_names_what_has_no_logarithm() -> None:
    values: list[float | str] = [1e-6, 1e-3, 0.0, "NaN", "Infinity"]
    rows = [{"layer": f"h.{i}", "output_gradient_rms": v} for i, v in enumerate(values)]
    lines = bars(depth_profile(rows)).splitlines()
    assert lines[1].split() == ["h.0", "-6.0", "#"]
    assert lines[2].split()[:2] == ["h.1", "-3.0"]
    assert len(lines[2]) > len(lines[1])
    assert [line.split()[1] for line in lines[3:]] == ["zero", "NaN", "inf"]


def test_a_long_profile_is_thinned_and_keeps_both_ends() -> None:
    rows = [{"layer": f"h.{i}", "output_gradient_rms": 10.0**-i} for i in range(100)]
    lines = bars(depth_profile(rows)).splitlines()[1:]
    assert len(lines) == PROFILE_ROWS
    assert lines[0].split()[0] == "h.0"
    assert lines[-1].split()[0] == "h.99"


def test_nothing_measured_gives_no_profile() -> None:
    assert bars(depth_profile([{"layer": "h", "output_gradient_rms": None}])) == ""


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -3.0])
def test_every_bar_has_the_same_columns(value: float) -> None:
    assert bar("h", value, -5.0, 0.0, 8).index(" ", 2) == 3


def test_the_profile_shows_activations_and_not_the_weights_before_them() -> None:
    layers = chain(3)
    rows = [{"layer": layer.name, "output_gradient_rms": 1e-3} for layer in layers]
    text = render(diagnosis(layers=layers), rows)
    assert "h.2.sigmoid" in text
    assert "h.2.linear" not in text


def test_the_profile_of_a_network_without_activations_shows_every_layer() -> None:
    layers = tuple(layer for layer in chain(3) if layer.family == "linear")
    rows = [{"layer": layer.name, "output_gradient_rms": 1e-3} for layer in layers]
    assert "h.2.linear" in render(diagnosis(layers=layers), rows)


def test_that_the_file_holds_another_network_is_told_first_of_all() -> None:
    other = finding(
        code="GC901", rule="exported-for-inference", severity="warning", message="Another network."
    )
    text = render(diagnosis(verdict="unstable", findings=(finding(), other)))
    assert text.index("first of all: GC901") < text.index("cause: GC101")


def test_that_it_may_hold_another_one_is_told_in_its_place() -> None:
    other = finding(
        code="GC901", rule="exported-for-inference", severity="note", message="Maybe another network."
    )
    text = render(diagnosis(verdict="unstable", findings=(finding(), other)))
    assert text.index("cause: GC101") < text.index("also: GC901")


def test_it_says_what_an_uploaded_network_turned_out_to_hold() -> None:
    shape = NamedShape(name="x", shape=(64,))
    imported = ImportReport(
        input=shape, output=NamedShape(name="y", shape=(10,)), opset=20, producer="pytorch 2.13",
        parameters=(shape,) * 3, frozen=("x",), batch=4,
    )  # fmt: skip
    text = render(diagnosis(imported=imported))
    assert (
        "network from pytorch 2.13: 3 parameters, 1 of them frozen, x [64] to y [10], batches of 4 only"
        in text
    )


def test_a_run_is_told_by_its_loss_and_one_of_a_game_by_its_samples() -> None:
    assert "loss 2.3 to " in ran(run(), outcome())
    game = ran(run(), outcome(skill=None, sample_skill=0.93))
    assert "sample skill 0.93 (1: the data's distribution)" in game
    assert "loss" not in game


def test_what_has_no_number_is_told_in_words() -> None:
    item = Measurement(statistic="lost", value=None, threshold=None, meaning="Dropout is gone.")
    assert measured(item) == "Dropout is gone."


def test_every_obstacle_of_a_file_is_listed() -> None:
    problems = tuple(Obstacle(message=f"{name} cannot be trained") for name in ("If", "Loop"))
    error = Failure(whose="client", code="cannot-import", detail="It cannot be trained.", problems=problems)
    text = render(diagnosis(status="failed", verdict=None, error=error))
    assert "  If cannot be trained\n  Loop cannot be trained" in text
