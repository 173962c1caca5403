"""A deployment of real processes for tests: database, broker, workers and the sweep."""

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import redis

from service.dispatch import dispatch
from service.mind import mind_of
from service.queue import CeleryQueue
from service.schemas.diagnosis import Diagnosis
from service.schemas.evidence import RunEvidence
from service.schemas.intake import read
from service.schemas.onnx import NetworkFile
from service.schemas.run import Role
from service.settings import Settings
from service.store import diagnoses, networks
from service.store.database import Database
from service.store.files import NetworkFiles
from service.sweep import sweep_forever

PATIENCE = 90.0
"""Seconds that a busy machine may take for what is a matter of a few."""


UNTRIED = {"mode": "off"}
"""Trials for tests of anything else."""


def submission(
    *, steps: int = 500, seeds: int = 2, width: int = 256, trials: dict[str, Any] = UNTRIED, **training: Any
) -> dict[str, Any]:
    """A small network on iris, slow enough to be killed on the way."""
    body = [{"type": "Linear", "out_features": width}, "Tanh"]
    layers = [{"repeat": 3, "name": "h", "body": body}, {"type": "Linear", "out_features": 3, "name": "head"}]
    plan = {
        "loss": {"type": "CrossEntropyLoss"},
        "optimizer": {"type": "Adam"},
        "batch_size": 150,
        "epochs": 1000,
    }
    return {
        "project": "system",
        "network": {"input": {"shape": [4]}, "layers": layers},
        "training": plan | training,
        "probing": {"seeds": seeds, "steps": steps, "profile": "full"},
        "data": {"source": "builtin", "name": "iris", "preprocess": "standardize"},
        "trials": trials,
    }


class Worker:
    """One `python -m workers`, alone in its session so that nothing else dies with it."""

    def __init__(self, settings: Settings, log: Path, **environment: str) -> None:
        self.log = log
        variables = {
            "GRADCLINIC_DATA_DIR": str(settings.data_dir),
            "GRADCLINIC_DATABASE_URL": settings.database_url.get_secret_value(),
            "GRADCLINIC_BROKER_URL": settings.broker_url.get_secret_value(),
            "GRADCLINIC_QUEUE": settings.queue,
            "GRADCLINIC_DEVICE": "cpu",
            "GRADCLINIC_SLOTS": "1",
            "GRADCLINIC_LEASE_SECONDS": str(settings.lease_seconds),
            "GRADCLINIC_RESEND_SECONDS": str(settings.resend_seconds),
        }
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "workers"],
                env=os.environ | variables | environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> "Worker":
        eventually(lambda: b" ready." in self.log.read_bytes() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()
        return self

    def children(self) -> list[int]:
        """Processes that do runs: the children of the process that they are forked from."""
        families = _families()
        return [run for server in families.get(self.process.pid, []) for run in families.get(server, [])]

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end."""
        self.process.send_signal(sign)
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()


class Clinic:
    """A database, a broker, a sweep in a thread of the test, and as many workers as a test starts."""

    def __init__(self, database: Database, settings: Settings, logs: Path) -> None:
        self.database = database
        self.settings = settings
        self.queue = CeleryQueue(settings.broker_url.get_secret_value(), settings.queue)
        self._logs = logs
        self._workers: list[Worker] = []
        self._stopping = Event()
        arguments = (database, self.queue, settings, mind_of(settings.limits), self._stopping)
        self._sweeper = Thread(target=sweep_forever, args=arguments)
        self._sweeper.start()

    def worker(self, **environment: str) -> Worker:
        """Start a worker and wait until it takes messages."""
        worker = Worker(self.settings, self._logs / f"worker-{len(self._workers)}.log", **environment)
        self._workers.append(worker)
        return worker.wait_until_ready()

    def anyone(self) -> Worker:
        """A worker that runs."""
        return (
            next((worker for worker in self._workers if worker.process.poll() is None), None) or self.worker()
        )

    def forget_messages(self) -> None:
        """Empty the broker of all messages."""
        url = self.settings.broker_url.get_secret_value().replace("redis+socket://", "unix://")
        with redis.Redis.from_url(url) as client:
            client.delete(self.settings.queue)

    def upload(self, content: bytes) -> str:
        """What PUT does with a network: its digest."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        folder = NetworkFiles(self.settings.networks_dir)
        folder.write(io.BytesIO(content), digest, len(content), lambda _: None)
        networks.save(self.database, NetworkFile(digest=digest, bytes=len(content)))
        return digest

    def submit(self, body: dict[str, Any]) -> str:
        """What POST does: write, then send."""
        request = read(
            json.dumps(body).encode(),
            "application/json",
            self.settings.limits,
            lambda _: None,
            partial(networks.get, self.database),
        )
        created = diagnoses.create(self.database, request, body_digest="test")
        dispatch(self.database, self.queue, self.settings)
        return created.id

    def get(self, diagnosis_id: str) -> Diagnosis:
        return diagnoses.get(self.database, diagnosis_id)

    def under_way(self, diagnosis_id: str, role: Role = "baseline") -> None:
        """Wait until a run has done some steps, and some are left."""
        eventually(
            lambda: any(
                run.role == role and run.step > 10 and run.status == "running"
                for run in self.get(diagnosis_id).runs
            )
        )

    def finished(self, diagnosis_id: str) -> Diagnosis:
        """Wait for the end."""
        ended = {"succeeded", "failed", "canceled"}
        eventually(lambda: self.get(diagnosis_id).status in ended, tell=partial(self.story, diagnosis_id))
        return self.get(diagnosis_id)

    def story(self, diagnosis_id: str) -> str:
        """How far a diagnosis came, and the last words of its workers."""
        found = self.get(diagnosis_id)
        runs = [(run.role, run.variant, run.status, run.attempt, run.step) for run in found.runs]
        logs = [worker.log.read_text()[-2000:] for worker in self._workers]
        return "\n".join([f"{found.status} {found.phase} {runs}", *logs])

    def measured(self, diagnosis_id: str, variant: str = "baseline") -> list[tuple[Any, ...]]:
        """Every number of every run, as text: equal where everything was measured once, and the same."""
        evidence = diagnoses.evidence(self.database, diagnosis_id, variant)
        return [_numbers(run) for run in evidence.runs]

    def close(self) -> None:
        for worker in self._workers:
            if worker.process.poll() is None:
                worker.stop()
        self._stopping.set()
        self._sweeper.join()
        self.queue.close()


def eventually(
    holds: Callable[[], bool], seconds: float = PATIENCE, tell: Callable[[], str] = lambda: ""
) -> float:
    """Wait until something holds, and say how long it took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, f"it never came to hold: {tell()}"
        time.sleep(0.02)
    return time.monotonic() - began


def lives(pid: int) -> bool:
    """Whether a process runs (one that nobody has buried yet does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _numbers(measured: RunEvidence) -> tuple[Any, ...]:
    rows = (*measured.network, *measured.layers, *measured.time_profiles)
    outcome = measured.outcome.model_copy(update={"seconds": 0.0})
    return (measured.seed, outcome.model_dump_json(), *(row.model_dump_json() for row in rows))


def _families() -> dict[int, list[int]]:
    families: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        families.setdefault(parent, []).append(int(stat.parent.name))
    return families
