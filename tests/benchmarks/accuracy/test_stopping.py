"""Early stopping as a worker would do it, on traces that ran to their end."""

import pytest

from benchmarks.accuracy.stopping import stopped
from tests.benchmarks.accuracy.traces import RAN, case, run, trace

DEAD = {1: {"activation_dead_share": 1.0}, 3: {"activation_dead_share": 1.0}}


def test_a_verdict_that_three_probes_agree_on_ends_a_run_at_step_32() -> None:
    flat = trace(run(losses=[2.3] * RAN, by_depth=DEAD, skill=0.0))
    early = stopped(case("sick", evidence=flat))
    assert early.steps == (33,)
    assert early.share == pytest.approx(33 / RAN)
    (short,) = early.case.trace.evidence.runs
    assert short.outcome.stopped == "settled"
    assert max(row.step for row in short.layers) == 32


def test_a_run_that_shows_nothing_and_learns_nothing_goes_on_to_its_end() -> None:
    flat = trace(run(losses=[2.3] * RAN, skill=0.0))
    early = stopped(case("sick", evidence=flat))
    assert early.steps == (RAN,)
    assert early.case.trace.evidence == flat.evidence


def test_the_label_stays_that_of_the_whole_run() -> None:
    early = stopped(case("borderline", evidence=trace()))
    assert early.case.label == "borderline"
