"""Every kind of broker carries a diagnosis from end to end."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.queue import CeleryQueue, QueueUnavailable
from tests.databases import sqlite_database
from tests.system.clinic import Clinic, submission
from tests.system.conftest import running, settings_in

AMQP = "GRADCLINIC_TEST_AMQP_URL"

pytestmark = pytest.mark.slow


@contextmanager
def clinic(folder: Path, url: str) -> Iterator[Clinic]:
    settings = settings_in(folder, broker_url=SecretStr(url))
    with sqlite_database(folder) as database:
        yield from running(database, settings, folder)


@pytest.mark.parametrize("broker", ["filesystem", pytest.param("rabbitmq", marks=pytest.mark.servers)])
def test_a_diagnosis_runs_from_end_to_end(tmp_path: Path, broker: str) -> None:
    url = f"filesystem://{tmp_path}/messages"
    if broker == "rabbitmq":
        url = os.environ.get(AMQP, "amqp://guest:guest@127.0.0.1:5672//")
        try:
            CeleryQueue(url, f"test-{secrets.token_hex(4)}").ping()
        except QueueUnavailable as error:
            pytest.skip(f"RabbitMQ does not answer ({AMQP}): {error}")
    with clinic(tmp_path, url) as made:
        made.worker(GRADCLINIC_SLOTS="2")
        diagnosis = made.finished(made.submit(submission(steps=20, seeds=3, width=8)))
        if broker == "rabbitmq":
            _delete(url, made.settings.queue)

    assert diagnosis.status == "succeeded", diagnosis.error
    assert [run.attempt for run in diagnosis.runs] == [1, 1, 1]


def _delete(url: str, name: str) -> None:
    from kombu import Connection

    with Connection(url) as connection:
        connection.channel().queue_delete(name)
