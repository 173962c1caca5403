"""A run that asks for too much fails alone, with a sentence; the worker lives on."""

from collections.abc import Iterator

import pytest

from tests.system.clinic import Clinic, Worker, submission
from tests.system.conftest import embedded

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with embedded(tmp_path_factory.mktemp("limits")) as made:
        yield made


@pytest.fixture(scope="module")
def worker(clinic: Clinic) -> Worker:
    limits = {"GRADCLINIC_LIMITS__RUN_BYTES": "100000000", "GRADCLINIC_LIMITS__RUN_SECONDS": "4"}
    return clinic.worker(**limits, GRADCLINIC_MAX_ATTEMPTS="2")


def test_a_network_that_takes_more_memory_than_it_may_fails_after_its_attempts_and_says_so(
    clinic: Clinic, worker: Worker
) -> None:
    diagnosis = clinic.finished(clinic.submit(submission(width=3000, steps=20, seeds=1)))

    assert diagnosis.status == "failed"
    assert diagnosis.error is not None
    assert (diagnosis.error.code, diagnosis.error.whose) == ("out-of-memory", "client")
    assert "memory" in diagnosis.error.detail
    assert diagnosis.runs[0].attempt == 2
    assert worker.process.poll() is None


def test_a_run_over_its_deadline_fails_at_once_and_says_how_far_it_came(
    clinic: Clinic, worker: Worker
) -> None:
    diagnosis = clinic.finished(clinic.submit(submission(width=600, steps=10_000, seeds=1)))

    assert diagnosis.status == "failed"
    assert diagnosis.error is not None
    assert (diagnosis.error.code, diagnosis.error.whose) == ("out-of-time", "client")
    assert "limit `run_seconds`" in diagnosis.error.detail
    assert diagnosis.runs[0].attempt == 1
    assert not worker.children()


def test_the_worker_lives_on(clinic: Clinic, worker: Worker) -> None:
    diagnosis = clinic.finished(clinic.submit(submission(width=8, steps=20, seeds=2)))

    assert diagnosis.status == "succeeded", diagnosis.error
    assert worker.process.poll() is None
