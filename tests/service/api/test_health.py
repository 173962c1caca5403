"""Alive and ready are two questions."""

from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from service.app import create_app
from service.settings import Settings
from service.store.database import Database


def test_everything_in_order_is_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "alive"}
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json == {"status": "ready", "database": "ok", "migrations": "ok", "broker": "ok"}


def faults(response: Any) -> set[str]:
    assert response.status_code == 503
    assert response.content_type == "application/problem+json"
    assert response.json["retry"] is True
    assert "Retry-After" in response.headers
    return {problem["pointer"] for problem in response.json["problems"]}


def test_a_broker_that_is_down_is_named(client: FlaskClient, queue: Any) -> None:
    queue.down = True
    assert faults(client.get("/readyz")) == {"/broker"}
    assert client.get("/healthz").status_code == 200


def test_a_database_without_tables_is_named(settings: Settings, queue: Any, tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    client = create_app(settings, database=empty, queue=queue).test_client()
    assert faults(client.get("/readyz")) == {"/migrations"}
    empty.dispose()


def test_a_database_that_does_not_answer_is_named_without_its_address(settings: Settings, queue: Any) -> None:
    away = Database("postgresql://clinic:secret@127.0.0.1:1/clinic")
    client = create_app(settings, database=away, queue=queue).test_client()
    response = client.get("/readyz")
    assert faults(response) == {"/database", "/migrations"}
    assert "secret" not in response.text
    assert "127.0.0.1" not in response.text
    assert client.get("/healthz").status_code == 200
    away.dispose()
