"""Traces are kept by content and survive an interruption."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.accuracy import traces
from benchmarks.accuracy.corpus.adversaries import PENALTY, game
from benchmarks.accuracy.gathering import gather, submissions
from tests.benchmarks.accuracy.traces import body, case

SMALL: dict[str, Any] = body() | {"probing": {"seeds": 2, "steps": 3}}


def test_a_trace_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = traces.trace(SMALL, tmp_path)
    monkeypatch.setattr(traces, "make", lambda _submission: pytest.fail("it is on disk"))
    again = traces.trace(SMALL, tmp_path)
    assert again.evidence.runs[0].outcome.steps_run == 3
    assert again.model_dump_json() == first.model_dump_json()


def test_what_was_written_in_halves_does_not_count(tmp_path: Path) -> None:
    traces.trace(SMALL, tmp_path)
    (place,) = tmp_path.iterdir()
    place.rename(place.with_suffix(".4711"))
    assert traces.kept(SMALL, tmp_path) is None


def test_another_submission_or_another_statistic_is_another_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    known = traces.digest(SMALL)
    assert traces.digest(SMALL | {"project": "other"}) != known
    monkeypatch.setattr(traces, "LAYER_STATISTICS", (*traces.LAYER_STATISTICS, "new"))
    assert traces.digest(SMALL) != known


def test_seeds_differ_and_repeat() -> None:
    one, two = traces.make(SMALL), traces.make(SMALL)
    losses = [run.outcome.last_loss for run in one.evidence.runs]
    assert losses[0] != losses[1]
    assert losses == [run.outcome.last_loss for run in two.evidence.runs]


def test_gathering_trains_each_submission_once(tmp_path: Path) -> None:
    configuration = case("sick").configuration
    assert len(submissions([configuration, configuration])) == 1
    small = type(configuration)("small", SMALL, SMALL)
    gather([small], cache=tmp_path)
    gather([small], jobs=2, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_generator_is_measured_by_its_samples() -> None:
    short = game(PENALTY) | {"probing": {"seeds": 1, "steps": 2}}
    (run,) = traces.make(short).evidence.runs
    assert run.outcome.sample_skill is not None
    assert run.outcome.sample_skill < 1
