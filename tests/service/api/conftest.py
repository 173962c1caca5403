"""The application over a real SQLite file, with a queue that writes down what it is sent."""

import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.app import create_app
from service.diagnosis.engine import judge
from service.queue import QueueUnavailable
from service.schemas.run import Outcome
from service.schemas.statistics import LayerStatistics, NetworkStatistics, TimeProfile
from service.settings import Settings
from service.store import diagnoses, runs, statistics
from service.store.database import Database
from service.store.mind import Mind
from service.store.runs import Claim
from tests.databases import sqlite_database

SUBMISSION = """\
project: vision/detector
branch: main
commit: 3f9a2c1
network:
  input: {shape: [64]}
  layers:
    - repeat: 2
      name: h
      body: [{type: Linear, out_features: 16}, Sigmoid]
    - {type: Linear, out_features: 10, name: head}
training: {loss: {type: CrossEntropyLoss}, optimizer: {type: Adam}, batch_size: 64, epochs: 2}
probing: {seeds: 2}
data: {source: builtin, name: digits}
"""


class RecordingQueue:
    """Keeps the ids that it is sent; `down` makes it refuse as a broker that is away does."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.down = False

    def send(self, run_id: str) -> None:
        self.ping()
        self.sent.append(run_id)

    def ping(self) -> None:
        if self.down:
            raise QueueUnavailable("down for the test")


@dataclass(frozen=True)
class Worker:
    """Moves runs as a worker does: through the functions of the store."""

    database: Database

    def claim(self, diagnosis_id: str, number: int = 0) -> Claim:
        run = diagnoses.get(self.database, diagnosis_id).runs[number]
        claim = runs.claim(self.database, run.id, "worker", 30, 3)
        assert claim is not None
        return claim

    def measure(self, claim: Claim, steps: tuple[int, ...] = (0, 1), layers: int = 5) -> None:
        assert statistics.append(
            self.database,
            claim,
            layers=[
                LayerStatistics(
                    depth=depth,
                    step=step,
                    output_gradient_rms=10.0**-depth,
                    weight_rms=math.nan if depth == 1 else math.inf if depth == 2 else None,
                )
                for step in steps
                for depth in range(layers)
            ],
            network=[NetworkStatistics(step=step, loss=2.5 - step, learning_rate=0.1) for step in steps],
            time_profiles=[TimeProfile(depth=0, step=0, times=(0, 5), gradient_rms=(math.nan, 0.25))],
        )

    def finish(self, claim: Claim) -> None:
        outcome = Outcome(
            steps_run=58, stopped="planned", device="cpu", engine="test", seconds=0.1, first_loss=2.3,
            last_loss=2.3, best_loss=2.3, trivial_loss=2.3, skill=0.0, accuracy=0.1,
        )  # fmt: skip
        assert runs.finish(self.database, claim, outcome)

    def finish_all(self, diagnosis_id: str) -> None:
        """Every run to its end, and the judgement."""
        for number in range(len(diagnoses.get(self.database, diagnosis_id).runs)):
            claim = self.claim(diagnosis_id, number)
            self.measure(claim)
            self.finish(claim)
        assert diagnoses.settle(self.database, diagnosis_id, Mind(judge)) == "succeeded"


@pytest.fixture
def submission() -> str:
    return SUBMISSION


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database to copy: migrating one for each test would take most of the time."""
    folder = tmp_path_factory.mktemp("migrated")
    with sqlite_database(folder):
        pass
    return folder / "clinic.db"


@pytest.fixture
def database(tmp_path: Path, _migrated: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{shutil.copy(_migrated, tmp_path)}")
    yield made
    made.dispose()


@pytest.fixture
def worker(database: Database) -> Worker:
    return Worker(database)


@pytest.fixture
def queue() -> RecordingQueue:
    return RecordingQueue()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, event_streams=2)


@pytest.fixture
def app(settings: Settings, database: Database, queue: RecordingQueue) -> Flask:
    return create_app(settings, database=database, queue=queue)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def posted(client: FlaskClient) -> str:
    """Id of a diagnosis that was just submitted."""
    response = client.post("/v1/diagnoses", data=SUBMISSION, content_type="application/yaml")
    assert response.status_code == 202, response.text
    return str(response.json["id"])
