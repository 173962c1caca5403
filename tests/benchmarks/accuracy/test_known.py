"""Known failures of others are counted on the configurations that are such cases."""

import re

import pytest

from benchmarks.accuracy.corpus import corpus
from benchmarks.accuracy.known import KNOWN, known_failures
from tests.benchmarks.accuracy.test_scoring import judged
from tests.benchmarks.accuracy.traces import case


@pytest.mark.parametrize(("told", "names"), KNOWN)
def test_every_known_failure_has_cases_in_the_corpus(told: str, names: str) -> None:
    assert [each.name for each in corpus() if re.search(names, each.name)], told


def test_networks_that_get_over_a_fault_are_told_apart_from_sound_ones() -> None:
    got_over = case("healthy", "vanishing-gradient")
    rows = known_failures([judged(got_over, verdict="healthy"), judged(case("healthy"), "dead-units")])
    assert rows[-2] == "| networks that get over a fault that was put in are flagged | – | – | 0/1 |"
