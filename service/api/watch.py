"""Waiting for diagnoses to change: one thread per process reads, any number of requests wait."""

import hashlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from service.errors import ClinicError
from service.schemas.diagnosis import Diagnosis
from service.schemas.run import TERMINAL

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """A diagnosis at one moment; the same content has the same revision in every process."""

    diagnosis: Diagnosis
    revision: str

    @property
    def last(self) -> bool:
        """Whether nothing will change any more."""
        return self.diagnosis.status in TERMINAL


def snapshot(diagnosis: Diagnosis) -> Snapshot:
    """The diagnosis with the digest of its content."""
    content = diagnosis.model_dump_json().encode()
    return Snapshot(diagnosis, hashlib.blake2b(content, digest_size=12).hexdigest())


class Watcher:
    """Reads every watched diagnosis a few times a second, however many requests wait for it.

    The thread lives only while something is watched, so it is always one of the process that uses it,
    never one lost in a fork; between two reads no database connection is held.
    """

    def __init__(self, read: Callable[[str], Diagnosis], *, every: float = 0.4) -> None:
        self._read = read
        self._every = every
        self._changed = threading.Condition()
        self._watched: Counter[str] = Counter()
        self._seen: dict[str, Snapshot | ClinicError] = {}
        self._running = False

    @contextmanager
    def watching(self, diagnosis_id: str) -> Iterator[None]:
        """Have the diagnosis read until the block is left."""
        with self._changed:
            self._watched[diagnosis_id] += 1
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="watcher", daemon=True).start()
        try:
            yield
        finally:
            with self._changed:
                self._watched[diagnosis_id] -= 1
                if not self._watched[diagnosis_id]:
                    del self._watched[diagnosis_id]
                    self._seen.pop(diagnosis_id, None)

    def next(self, diagnosis_id: str, revision: str | None, timeout: float) -> Snapshot | None:
        """A snapshot of another revision; None where none came in time; raises when the diagnosis is gone."""

        def changed() -> bool:
            seen = self._seen.get(diagnosis_id)
            return seen is not None and not (isinstance(seen, Snapshot) and seen.revision == revision)

        with self._changed:
            if not self._changed.wait_for(changed, timeout):
                return None
            seen = self._seen[diagnosis_id]
        if isinstance(seen, ClinicError):
            raise seen
        return seen

    def end(self, diagnosis_id: str, timeout: float) -> None:
        """Return when the diagnosis has ended, or when the time is over."""
        deadline = time.monotonic() + timeout
        revision = None
        with self.watching(diagnosis_id):
            while (left := deadline - time.monotonic()) > 0:
                now = self.next(diagnosis_id, revision, left)
                if now is None or now.last:
                    return
                revision = now.revision

    def _run(self) -> None:
        while True:
            with self._changed:
                watched = list(self._watched)
                if not watched:
                    self._running = False
                    return
            seen = {diagnosis_id: self._look(diagnosis_id) for diagnosis_id in watched}
            with self._changed:
                self._seen.update(
                    (key, value) for key, value in seen.items() if value and key in self._watched
                )
                self._changed.notify_all()
            time.sleep(self._every)

    def _look(self, diagnosis_id: str) -> Snapshot | ClinicError | None:
        try:
            return snapshot(self._read(diagnosis_id))
        except ClinicError as error:
            return error
        except Exception:
            # A database that is away for a moment must not end the thread that everybody waits for.
            log.exception("cannot read diagnosis %s", diagnosis_id)
            return None
