"""Traces cut short are what would have been measured with fewer steps."""

import math

from benchmarks.accuracy.settling import cut, settled_step
from service.schemas.run import NonFinite
from tests.benchmarks.accuracy.traces import RAN, STEPS, run, trace


def test_a_cut_trace_holds_nothing_from_later_steps() -> None:
    (short,) = cut(trace().evidence, 8).runs
    assert {row.step for row in short.layers} == {0, 1, 2, 4, 8}
    assert len(short.network) == short.outcome.steps_run == 9
    assert short.outcome.last_loss == short.network[-1].loss


def test_what_went_wrong_later_is_not_known_yet() -> None:
    place = NonFinite(step=30, direction="forward", depth=0, layer="linear", value="NaN")
    lost = trace(run(losses=[2.0] * 30 + [math.nan], stopped="non-finite", first_nonfinite=place)).evidence
    before, after = cut(lost, 16).runs[0].outcome, cut(lost, 32).runs[0].outcome
    assert (before.stopped, before.first_nonfinite) == ("budget", None)
    assert (after.stopped, after.first_nonfinite) == ("non-finite", place)


def test_uncut_evidence_is_the_evidence() -> None:
    whole = trace().evidence
    assert cut(whole, RAN - 1).runs[0].outcome == whole.runs[0].outcome


def test_a_verdict_settles_at_a_probed_step() -> None:
    assert settled_step(trace().evidence) in STEPS
