"""The pipeline, with children that follow a script: every end of a run is written down, whatever the child does."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest

from service.schemas.data import DatasetInfo
from service.schemas.diagnosis import Diagnosis
from service.schemas.intake import read
from service.schemas.limits import Limits
from service.schemas.onnx import NetworkFile
from service.settings import Settings
from service.store import datasets, diagnoses, networks, runs
from service.store.database import Database
from service.store.files import NetworkFiles
from service.store.mind import Mind
from tests.databases import sqlite_database
from tests.service.patients import BODY, MemoryQueue, admit, healthy
from tests.workers import scripted
from workers.pipeline import Station, execute
from workers.process import Nursery, Work
from workers.slots import Slots, arrange

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with sqlite_database(tmp_path) as made:
        yield made


def station(database: Database, work: Work, limits: Limits | None = None) -> Station:
    return Station(
        settings=Settings(limits=limits or Limits(), lease_seconds=1.5, max_attempts=2),
        database=database,
        queue=MemoryQueue(),
        mind=Mind(healthy),
        nursery=Nursery(work),
        slots=Slots(arrange("cpu", 2, 0, {})),
        stopping=Event(),
    )


def execute_all(diagnosis_id: str, there: Station) -> Diagnosis:
    """Execute every run as often as it is queued."""
    for _ in range(5):
        for run in diagnoses.get(there.database, diagnosis_id).runs:
            if run.status == "queued":
                execute(run.id, there)
    return diagnoses.get(there.database, diagnosis_id)


def test_a_run_is_claimed_trained_written_down_and_its_diagnosis_judged(database: Database) -> None:
    diagnosis = execute_all(admit(database), station(database, scripted.behaves))

    assert diagnosis.status == "succeeded"
    assert diagnosis.verdict == "healthy"
    evidence = diagnoses.evidence(database, diagnosis.id)
    assert [[row.step for row in run.network] for run in evidence.runs] == [list(range(10))] * 2
    assert str(evidence.runs[0].layers[9].weight_rms) == "nan"


def test_a_message_for_a_run_that_is_done_does_nothing(database: Database) -> None:
    there = station(database, scripted.behaves)
    diagnosis = execute_all(admit(database), there)

    execute(diagnosis.runs[0].id, there)

    assert diagnoses.get(database, diagnosis.id) == diagnosis


def test_an_attempt_that_died_is_repeated_and_leaves_no_rows(database: Database) -> None:
    diagnosis = execute_all(admit(database), station(database, scripted.dies_at_first))

    assert diagnosis.status == "succeeded"
    assert [run.attempt for run in diagnosis.runs] == [2, 2]
    evidence = diagnoses.evidence(database, diagnosis.id)
    assert [len(run.network) for run in evidence.runs] == [10, 10]


@pytest.mark.parametrize(
    ("work", "detail"),
    [
        (scripted.dies, "SIGKILL"),
        (scripted.exits, "exit code 3"),
        (scripted.pickles, "cannot be read"),
        (scripted.invents_a_layer, "layers that the network does not have"),
        (scripted.invents_a_step, "steps that the run does not have"),
    ],
)
def test_what_never_works_fails_after_the_last_attempt_by_our_fault(
    database: Database, work: Work, detail: str
) -> None:
    diagnosis = execute_all(admit(database), station(database, work))

    assert diagnosis.status == "failed"
    assert diagnosis.error is not None
    assert (diagnosis.error.code, diagnosis.error.whose) == ("crashed", "service")
    assert detail in diagnosis.error.detail
    assert max(run.attempt for run in diagnosis.runs) == 2


def test_a_run_past_its_deadline_fails_at_once_and_names_the_limit(database: Database) -> None:
    there = station(database, scripted.sleeps, Limits(run_seconds=0.8))
    diagnosis = execute_all(admit(database), there)

    assert diagnosis.error is not None
    assert (diagnosis.error.code, diagnosis.error.whose) == ("out-of-time", "client")
    assert "0.8 seconds" in diagnosis.error.detail
    assert "of 10 steps" in diagnosis.error.detail


def test_a_run_that_hoards_memory_is_stopped_from_outside(database: Database) -> None:
    diagnosis = execute_all(admit(database), station(database, scripted.hoards, Limits(run_bytes=60_000_000)))

    assert diagnosis.error is not None
    assert (diagnosis.error.code, diagnosis.error.whose) == ("out-of-memory", "client")
    assert "60,000,000 bytes" in diagnosis.error.detail


def begun(diagnosis_id: str, there: Station) -> tuple[Thread, str]:
    """Begin a run that sleeps, and wait until its first rows are there."""
    run = diagnoses.get(there.database, diagnosis_id).runs[0].id
    thread = Thread(target=execute, args=(run, there))
    thread.start()
    deadline = time.monotonic() + 30
    while diagnoses.get(there.database, diagnosis_id).runs[0].step == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    return thread, run


def test_a_canceled_run_ends_within_a_second(database: Database) -> None:
    there = station(database, scripted.sleeps)
    diagnosis_id = admit(database)
    thread, _ = begun(diagnosis_id, there)

    diagnoses.cancel(database, diagnosis_id)
    began = time.monotonic()
    thread.join(10)

    assert time.monotonic() - began < 1.5
    assert diagnoses.get(database, diagnosis_id).status == "canceled"


def test_a_worker_that_stops_gives_its_run_back_and_the_attempt_does_not_count(database: Database) -> None:
    there = station(database, scripted.sleeps)
    diagnosis_id = admit(database)
    for _ in range(3):
        thread, run = begun(diagnosis_id, there)
        there.stopping.set()
        thread.join(10)
        assert not thread.is_alive()
        there.stopping.clear()

    assert diagnoses.get(database, diagnosis_id).runs[0].status == "queued"
    assert run in there.queue.sent[2:]  # type: ignore[attr-defined]


def test_a_worker_that_stops_begins_nothing_new(database: Database) -> None:
    there = station(database, scripted.behaves)
    there.stopping.set()
    diagnosis_id = admit(database)
    (run, _) = runs.take_for_sending(database, 16, 30)

    execute(run, there)

    assert {run.attempt for run in diagnoses.get(database, diagnosis_id).runs} == {0}
    assert runs.take_for_sending(database, 16, 30) == [run]


def test_a_lease_is_renewed_while_the_child_works(database: Database) -> None:
    there = station(database, scripted.sleeps)
    diagnosis_id = admit(database)
    thread, _ = begun(diagnosis_id, there)

    time.sleep(2.5)

    assert runs.expire(database, 2) == []
    there.stopping.set()
    thread.join(10)


def test_a_data_set_that_does_not_lie_where_the_worker_looks_fails_by_our_fault(database: Database) -> None:
    digest = f"sha256:{'0' * 64}"
    info = DatasetInfo(
        digest=digest, bytes=99, examples=4, x_shape=(2,), x_dtype="float", y_shape=(), y_dtype="int"
    )
    datasets.save(database, info)
    data = {"source": "dataset", "digest": digest}

    diagnosis = execute_all(admit(database, info, data=data), station(database, scripted.behaves))

    assert diagnosis.error is not None
    assert (diagnosis.error.code, diagnosis.error.whose) == ("data-missing", "service")


NETWORK = f"sha256:{'2' * 64}"


def admit_file(there: Station, *, stored: bool = True) -> str:
    """A diagnosis of a network in a file that is (or is not) there."""
    networks.save(there.database, NetworkFile(digest=NETWORK, bytes=4))
    if stored:
        there.settings.networks_dir.mkdir(parents=True, exist_ok=True)
        NetworkFiles(there.settings.networks_dir).path(NETWORK).write_bytes(b"file")
    body = BODY | {"network": {"onnx": NETWORK}}
    known = partial(networks.get, there.database)
    request = read(json.dumps(body).encode(), "application/json", Limits(), lambda _: None, known)
    return diagnoses.create(there.database, request, body_digest="test").id


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def file_station(database: Database, work: Work, folder: Path, limits: Limits | None = None) -> Station:
    there = station(database, work, limits)
    return replace(there, settings=there.settings.model_copy(update={"data_dir": folder}))


def test_a_file_is_looked_into_and_then_trained(database: Database, folder: Path) -> None:
    there = file_station(database, scripted.looks, folder)
    diagnosis = execute_all(admit_file(there), there)

    assert diagnosis.status == "succeeded"
    assert [(run.role, run.status) for run in diagnosis.runs] == [
        ("validation", "succeeded"),
        ("baseline", "succeeded"),
        ("baseline", "succeeded"),
    ]
    assert [layer.name for layer in diagnosis.layers] == ["fc"]
    assert diagnosis.imported == scripted.IMPORTED.report


@pytest.mark.parametrize(
    ("work", "code", "words"),
    [
        (scripted.dies_unheard, "cannot-import", "SIGSEGV"),
        (scripted.exits, "cannot-import", "exit code 3"),
        (scripted.pickles, "cannot-import", "cannot be read"),
        (scripted.babbles, "cannot-import", "too long"),
        (scripted.finishes, "cannot-import", "not for this kind of run"),
        (scripted.invents_a_layer, "cannot-import", "layers that the network does not have"),
    ],
)
def test_whatever_befalls_who_looks_into_a_file_is_the_files_fault_and_not_tried_again(
    database: Database, folder: Path, work: Work, code: str, words: str
) -> None:
    there = file_station(database, work, folder)
    diagnosis = execute_all(admit_file(there), there)

    assert diagnosis.status == "failed"
    assert diagnosis.error is not None
    assert (diagnosis.error.whose, diagnosis.error.code) == ("client", code)
    assert words in diagnosis.error.detail
    assert [run.attempt for run in diagnosis.runs] == [1]


def test_looking_into_a_file_has_a_time_of_its_own(database: Database, folder: Path) -> None:
    there = file_station(database, scripted.oversleeps, folder, Limits(validation_seconds=0.5))
    diagnosis = execute_all(admit_file(there), there)

    assert diagnosis.error is not None
    assert (diagnosis.error.whose, diagnosis.error.code) == ("client", "out-of-time")
    assert "`validation_seconds`" in diagnosis.error.detail


def test_memory_is_watched_while_a_file_is_looked_into(database: Database, folder: Path) -> None:
    there = file_station(database, scripted.hoards, folder, Limits(run_bytes=60_000_000))
    diagnosis = execute_all(admit_file(there), there)

    assert diagnosis.error is not None
    assert (diagnosis.error.whose, diagnosis.error.code) == ("client", "out-of-memory")
    assert [run.attempt for run in diagnosis.runs] == [1]


def test_a_network_that_does_not_lie_where_the_worker_looks_fails_by_our_fault(
    database: Database, folder: Path
) -> None:
    there = file_station(database, scripted.looks, folder)
    diagnosis = execute_all(admit_file(there, stored=False), there)

    assert diagnosis.error is not None
    assert (diagnosis.error.code, diagnosis.error.whose) == ("data-missing", "service")
    assert [run.attempt for run in diagnosis.runs] == [2]


@pytest.mark.parametrize("work", [scripted.finds_layers_too_late])
def test_a_baseline_that_tells_layers_is_not_listened_to(database: Database, work: Work) -> None:
    diagnosis = execute_all(admit(database), station(database, work))

    assert diagnosis.error is not None
    assert (diagnosis.error.code, diagnosis.error.whose) == ("crashed", "service")
    assert "not for this kind of run" in diagnosis.error.detail
