"""Labels follow from outcomes: half of the fix's skill is sick, four fifths are healthy."""

import math

import pytest

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.labels import labelled, skills_of
from tests.benchmarks.accuracy.traces import body, run, skilled, trace

PLAIN = Configuration("plain", body(), body(), "vanishing-gradient")


@pytest.mark.parametrize(
    ("skills", "label"),
    [
        ((0.1, 0.2, 0.3), "sick"),
        ((-0.1, -0.2, None), "sick"),
        ((0.44, 0.4, 0.9), "sick"),
        ((0.5, 0.6, 0.7), "borderline"),
        ((0.72, 0.8, 0.9), "healthy"),
        ((0.1, 0.8, 0.9), "healthy"),
    ],
)
def test_the_median_over_seeds_is_compared_with_the_fix(skills: tuple[float | None, ...], label: str) -> None:
    assert labelled(PLAIN, skilled(*skills), skilled(0.8, 0.9, 0.95)).label == label


def test_a_fix_that_learns_nothing_labels_nothing() -> None:
    assert labelled(PLAIN, skilled(0.0), skilled(0.1)).label == "unlabelled"


def test_most_seeds_going_non_finite_is_sick_and_one_is_not_healthy() -> None:
    bad, good = run(0, skill=0.9, stopped="non-finite"), run(1, skill=0.9)
    assert labelled(PLAIN, trace(bad, bad, good), skilled(0.9)).label == "sick"
    assert labelled(PLAIN, trace(bad, good, good), skilled(0.9)).label == "borderline"


def test_accuracies_are_compared_above_the_most_frequent_class() -> None:
    assert skills_of(trace(run(accuracy=0.102)), "accuracy") == [0.0]
    assert skills_of(trace(run(accuracy=1.0)), "accuracy") == [1.0]


def test_generators_are_compared_by_their_samples() -> None:
    assert skills_of(trace(run(sample_skill=0.3), run(sample_skill=math.nan)), "samples") == [0.3, -math.inf]


def test_a_mechanism_is_confirmed_only_where_the_network_is_sick() -> None:
    fix = skilled(0.9)
    assert labelled(PLAIN, skilled(0.0), fix).confirmed == "vanishing-gradient"
    assert labelled(PLAIN, skilled(0.85), fix).confirmed is None
