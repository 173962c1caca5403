"""Whatever is killed or lost, a diagnosis finishes once, with every statistic exactly once."""

import os
import signal
import time
from typing import Any

import pytest

from service.store import diagnoses
from tests.system.clinic import Clinic, Worker, eventually, lives, submission

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def calm(clinic: Clinic) -> list[tuple[Any, ...]]:
    """What is measured when nothing goes wrong; every run is deterministic."""
    clinic.anyone()
    diagnosis_id = clinic.submit(submission())
    diagnosis = clinic.finished(diagnosis_id)
    assert diagnosis.status == "succeeded", diagnosis.error
    assert diagnosis.verdict is not None
    assert [run.attempt for run in diagnosis.runs] == [1, 1]
    measured = clinic.measured(diagnosis_id)
    network_rows = [row for row in measured[0] if '"learning_rate"' in str(row)]
    assert len(network_rows) == 500
    return measured


def survived(clinic: Clinic, diagnosis_id: str, calm: list[tuple[Any, ...]]) -> list[int]:
    """Wait for the end, look that nothing was lost or counted twice, and return the attempts."""
    diagnosis = clinic.finished(diagnosis_id)
    assert diagnosis.status == "succeeded", diagnosis.error
    assert clinic.measured(diagnosis_id) == calm
    return [run.attempt for run in diagnosis.runs]


def test_a_killed_child_is_replaced(clinic: Clinic, worker: Worker, calm: list[tuple[Any, ...]]) -> None:
    diagnosis_id = clinic.submit(submission())
    clinic.under_way(diagnosis_id)

    (child,) = worker.children()
    os.kill(child, signal.SIGKILL)

    assert sorted(survived(clinic, diagnosis_id, calm)) == [1, 2]


def test_a_killed_worker_takes_its_child_along_and_another_worker_takes_over(
    clinic: Clinic, worker: Worker, calm: list[tuple[Any, ...]]
) -> None:
    diagnosis_id = clinic.submit(submission())
    clinic.under_way(diagnosis_id)
    children = worker.children()
    assert children

    worker.stop(signal.SIGKILL)
    eventually(lambda: not any(lives(child) for child in children), seconds=5)
    clinic.worker()

    assert sorted(survived(clinic, diagnosis_id, calm)) == [1, 2]


def test_a_worker_that_is_told_to_stop_gives_its_run_back_at_once_and_without_counting_the_attempt(
    clinic: Clinic, worker: Worker, calm: list[tuple[Any, ...]]
) -> None:
    diagnosis_id = clinic.submit(submission())
    clinic.under_way(diagnosis_id)
    children = worker.children()

    began = time.monotonic()
    status = worker.stop(signal.SIGTERM)

    assert status == 0
    assert time.monotonic() - began < 10
    assert not any(lives(child) for child in children)
    assert {run.status for run in clinic.get(diagnosis_id).runs} == {"queued"}
    clinic.worker()
    survived(clinic, diagnosis_id, calm)


def test_messages_that_the_broker_loses_are_sent_again(
    clinic: Clinic, worker: Worker, calm: list[tuple[Any, ...]]
) -> None:
    diagnosis_id = clinic.submit(submission())
    clinic.under_way(diagnosis_id)

    clinic.forget_messages()

    assert survived(clinic, diagnosis_id, calm) == [1, 1]


def test_duplicate_messages_change_nothing(
    clinic: Clinic, worker: Worker, calm: list[tuple[Any, ...]]
) -> None:
    diagnosis_id = clinic.submit(submission())
    for _ in range(5):
        for run in clinic.get(diagnosis_id).runs:
            clinic.queue.send(run.id)

    assert survived(clinic, diagnosis_id, calm) == [1, 1]


def test_a_cancellation_ends_the_child_within_a_second_or_so(clinic: Clinic, worker: Worker) -> None:
    diagnosis_id = clinic.submit(submission(steps=9000))
    clinic.under_way(diagnosis_id)
    children = worker.children()
    assert children

    diagnoses.cancel(clinic.database, diagnosis_id)

    assert eventually(lambda: not any(lives(child) for child in children), seconds=10) < 2
    assert {run.status for run in clinic.get(diagnosis_id).runs} == {"canceled"}
