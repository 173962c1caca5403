"""One reader for any number of waiting requests, without a clock in the tests where that can be."""

import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from service.api.watch import Watcher, snapshot
from service.errors import NotFound
from service.schemas.diagnosis import Diagnosis


def diagnosis(status: str = "running", progress: float = 0.0) -> Diagnosis:
    return Diagnosis(
        id="dg_1", project="p", status=status, progress=progress, created_at=datetime(2026, 1, 1, tzinfo=UTC)
    )


@dataclass
class Source:
    """What there is to read; an exception is raised."""

    now: Diagnosis | Exception = field(default_factory=diagnosis)
    reads: int = 0

    def read(self, _id: str) -> Diagnosis:
        self.reads += 1
        if isinstance(self.now, Exception):
            raise self.now
        return self.now


def watcher_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "watcher"]


def wait_for_quiet() -> None:
    deadline = time.monotonic() + 5
    while watcher_threads() and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def _nobody_else_waits() -> None:
    wait_for_quiet()


def test_a_revision_is_of_the_content() -> None:
    assert snapshot(diagnosis()).revision == snapshot(diagnosis()).revision
    assert snapshot(diagnosis()).revision != snapshot(diagnosis(progress=0.5)).revision


def test_only_a_change_wakes_who_waits() -> None:
    source = Source()
    watcher = Watcher(source.read, every=0.01)
    with watcher.watching("dg_1"):
        first = watcher.next("dg_1", None, 5)
        assert first is not None
        assert watcher.next("dg_1", first.revision, 0.05) is None
        source.now = diagnosis(progress=0.5)
        second = watcher.next("dg_1", first.revision, 5)
    assert second is not None
    assert second.diagnosis.progress == 0.5


def test_many_who_wait_for_one_diagnosis_cost_one_reader() -> None:
    source = Source()
    watcher = Watcher(source.read, every=0.05)
    seen = []

    def wait() -> None:
        with watcher.watching("dg_1"):
            first = watcher.next("dg_1", None, 5)
            assert first is not None
            seen.append(watcher.next("dg_1", first.revision, 10))

    threads = [threading.Thread(target=wait) for _ in range(30)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    assert len(watcher_threads()) == 1
    source.now = diagnosis("succeeded", 1.0)
    for thread in threads:
        thread.join()
    assert [one.last for one in seen if one] == [True] * 30
    assert source.reads < 30


def test_nothing_is_read_when_nobody_waits() -> None:
    source = Source()
    watcher = Watcher(source.read, every=0.01)
    with watcher.watching("dg_1"):
        watcher.next("dg_1", None, 5)
    wait_for_quiet()
    assert watcher_threads() == []
    with watcher.watching("dg_1"):
        assert watcher.next("dg_1", None, 5) is not None


def test_a_diagnosis_that_is_deleted_wakes_who_waits() -> None:
    source = Source()
    watcher = Watcher(source.read, every=0.01)
    with watcher.watching("dg_1"):
        first = watcher.next("dg_1", None, 5)
        assert first is not None
        source.now = NotFound("gone")
        with pytest.raises(NotFound):
            watcher.next("dg_1", first.revision, 5)


def test_a_database_that_is_away_for_a_moment_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="service.api.watch")
    source = Source(OSError("away"))
    watcher = Watcher(source.read, every=0.01)
    with watcher.watching("dg_1"):
        assert watcher.next("dg_1", None, 0.1) is None
        source.now = diagnosis()
        assert watcher.next("dg_1", None, 5) is not None


def test_waiting_for_the_end_passes_over_what_comes_before_it() -> None:
    source = Source()
    watcher = Watcher(source.read, every=0.01)

    def work() -> None:
        for share in (0.2, 0.4, 0.8):
            time.sleep(0.05)
            source.now = diagnosis(progress=share)
        source.now = diagnosis("failed", 0.8)

    threading.Thread(target=work).start()
    watcher.end("dg_1", 10)
    assert source.now.status == "failed"


def test_waiting_for_the_end_ends_with_its_time() -> None:
    began = time.monotonic()
    Watcher(Source().read, every=0.01).end("dg_1", 0.2)
    assert 0.15 < time.monotonic() - began < 2
