"""The application over a real SQLite file, with a queue that writes down what it is sent."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.app import create_app
from service.queue import QueueUnavailable
from service.settings import Settings
from service.store.database import Database
from tests.databases import sqlite_database

SUBMISSION = """\
project: vision/detector
branch: main
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


@pytest.fixture
def submission() -> str:
    return SUBMISSION


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with sqlite_database(tmp_path) as made:
        yield made


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
