"""The sweep: whatever died, the diagnosis goes on."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

import pytest

from service.settings import Settings
from service.store import diagnoses, runs
from service.store.database import Database
from service.store.mind import Mind
from service.sweep import sweep, sweep_forever
from tests.service.patients import MemoryQueue, admit, healthy, run_all


def test_a_run_whose_worker_fell_silent_is_sent_again(clinic_database: Database) -> None:
    diagnosis_id = admit(clinic_database)
    first, _ = diagnoses.get(clinic_database, diagnosis_id).runs
    runs.claim(clinic_database, first.id, "dead", 0.01, 3)
    time.sleep(0.05)
    queue = MemoryQueue()

    sweep(clinic_database, queue, Settings(), Mind(healthy))

    assert first.id in queue.sent


def test_a_run_that_kills_every_worker_fails_its_diagnosis(clinic_database: Database) -> None:
    diagnosis_id = admit(clinic_database)
    first, _ = diagnoses.get(clinic_database, diagnosis_id).runs
    for _ in range(3):
        assert runs.claim(clinic_database, first.id, "dead", 0.01, 3) is not None
        time.sleep(0.05)

    sweep(clinic_database, MemoryQueue(), Settings(), Mind(healthy))

    diagnosis = diagnoses.get(clinic_database, diagnosis_id)
    assert diagnosis.status == "failed"
    assert diagnosis.error is not None
    assert diagnosis.error.code == "attempts-exhausted"


def test_a_diagnosis_whose_last_worker_died_before_judging_is_judged(clinic_database: Database) -> None:
    diagnosis_id = admit(clinic_database)
    run_all(clinic_database, diagnosis_id)

    sweep(clinic_database, MemoryQueue(), Settings(), Mind(healthy))

    assert diagnoses.get(clinic_database, diagnosis_id).status == "succeeded"


def test_many_sweeps_at_once_send_and_judge_once(clinic_database: Database) -> None:
    done, waiting = admit(clinic_database), admit(clinic_database)
    run_all(clinic_database, done)
    queue = MemoryQueue()

    with ThreadPoolExecutor(4) as pool:
        rounds = [pool.submit(sweep, clinic_database, queue, Settings(), Mind(healthy)) for _ in range(8)]
    for one in rounds:
        one.result()

    assert diagnoses.get(clinic_database, done).status == "succeeded"
    assert sorted(queue.sent) == sorted(run.id for run in diagnoses.get(clinic_database, waiting).runs)


def test_the_loop_survives_a_database_that_is_away_and_stops_when_told(
    clinic_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    class Away(MemoryQueue):
        def send(self, run_id: str) -> None:
            self.sent.append(run_id)
            raise OSError("away")

    admit(clinic_database)
    queue, stopping = Away(), Event()
    settings = Settings(sweep_seconds=0.01, resend_seconds=0.001)
    loop = Thread(target=sweep_forever, args=(clinic_database, queue, settings, Mind(healthy), stopping))
    loop.start()
    while len(queue.sent) < 3:
        time.sleep(0.01)
    stopping.set()
    loop.join(5)

    assert not loop.is_alive()
    assert "A sweep failed" in caplog.text
