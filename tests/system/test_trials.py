"""Trials are runs like any other: whatever is killed, the race goes on where it was and says the same."""

import os
import signal
from typing import Any

import pytest

from service.schemas.remedy import Remedy
from service.store import diagnoses
from tests.system.clinic import Clinic, Worker, eventually, lives, submission

pytestmark = pytest.mark.slow

ADAM = {"type": "Adam", "lr": 0.01}
ASKED = {
    "mode": "only",
    "variants": [
        {"name": "relu", "patch": [{"op": "replace", "path": "/network/layers/0/body/1", "value": "ReLU"}]},
        {"name": "faster", "patch": [{"op": "replace", "path": "/training/optimizer", "value": ADAM}]},
    ],
}


@pytest.fixture(scope="module")
def calm(clinic: Clinic) -> tuple[tuple[Remedy, ...], list[list[tuple[Any, ...]]]]:
    """What the race says and measures when nothing goes wrong."""
    clinic.anyone()
    diagnosis_id = clinic.submit(submission(steps=300, trials=ASKED))
    diagnosis = clinic.finished(diagnosis_id)
    assert diagnosis.status == "succeeded", diagnosis.error
    assert diagnosis.error is None
    assert diagnosis.verdict is not None
    assert [remedy.name for remedy in diagnosis.remedies] == ["relu", "faster"]
    assert {remedy.result for remedy in diagnosis.remedies} <= {"helps", "partly", "does-not-help"}
    assert {run.attempt for run in diagnosis.runs} == {1}
    return said(clinic, diagnosis_id)


def said(clinic: Clinic, diagnosis_id: str) -> tuple[tuple[Remedy, ...], list[list[tuple[Any, ...]]]]:
    """Everything but what it took: remedies without times, and every number of every variant."""
    remedies = clinic.get(diagnosis_id).remedies
    measured = [clinic.measured(diagnosis_id, name) for name in ("baseline", "control", "relu", "faster")]
    return tuple(remedy.model_copy(update={"time_ratio": None}) for remedy in remedies), measured


def test_a_killed_worker_costs_a_race_nothing(clinic: Clinic, worker: Worker, calm: object) -> None:
    diagnosis_id = clinic.submit(submission(steps=300, trials=ASKED))
    clinic.under_way(diagnosis_id, "trial")
    found = clinic.get(diagnosis_id)
    assert (found.phase, found.remedies) == ("trying", ())
    assert found.verdict is not None

    worker.stop(signal.SIGKILL)
    clinic.worker()

    diagnosis = clinic.finished(diagnosis_id)
    assert (diagnosis.status, diagnosis.error) == ("succeeded", None)
    assert sorted(run.attempt for run in diagnosis.runs)[-2:] == [1, 2]
    assert said(clinic, diagnosis_id) == calm


def test_a_killed_child_of_a_trial_is_replaced(clinic: Clinic, worker: Worker, calm: object) -> None:
    diagnosis_id = clinic.submit(submission(steps=300, trials=ASKED))
    clinic.under_way(diagnosis_id, "trial")

    (child,) = worker.children()
    os.kill(child, signal.SIGKILL)

    assert clinic.finished(diagnosis_id).status == "succeeded"
    assert said(clinic, diagnosis_id) == calm


def test_a_cancellation_stops_the_trials_and_keeps_the_verdict(clinic: Clinic, worker: Worker) -> None:
    diagnosis_id = clinic.submit(submission(steps=300, trials=ASKED))
    clinic.under_way(diagnosis_id, "trial")
    children = worker.children()

    diagnoses.cancel(clinic.database, diagnosis_id)

    eventually(lambda: not any(lives(child) for child in children), seconds=10)
    diagnosis = clinic.get(diagnosis_id)
    assert (diagnosis.status, diagnosis.remedies) == ("canceled", ())
    assert diagnosis.verdict is not None
    assert {run.status for run in diagnosis.runs if run.role == "baseline"} == {"succeeded"}
