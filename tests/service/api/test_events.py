"""The event stream: snapshots, resume, and its end."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.api.events import events
from service.api.watch import Watcher
from service.store import diagnoses, runs
from service.store.database import Database


@dataclass(frozen=True)
class Event:
    id: str
    kind: str
    data: dict[str, Any]


def parse(text: str) -> Event:
    match = re.fullmatch(r"id: (\S+)\nevent: (\S+)\ndata: (.*)\n\n", text)
    assert match, text
    return Event(match[1], match[2], json.loads(match[3]))


@pytest.fixture
def watcher(database: Database) -> Watcher:
    return Watcher(lambda diagnosis_id: diagnoses.get(database, diagnosis_id), every=0.02)


def test_a_finished_diagnosis_is_one_last_event(client: FlaskClient, posted: str, worker: Any) -> None:
    worker.finish_all(posted)
    response = client.get(f"/v1/diagnoses/{posted}/events")
    assert response.content_type == "text/event-stream; charset=utf-8"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert response.headers["Cache-Control"] == "no-store"
    retry, *rest = re.split(r"(?<=\n\n)", response.text)
    assert retry == "retry: 2000\n\n"
    done = parse(rest[0])
    assert (done.kind, rest[1:]) == ("done", [""])
    assert done.data == client.get(f"/v1/diagnoses/{posted}").json


def test_who_has_seen_the_last_event_is_told_not_to_come_again(
    client: FlaskClient, posted: str, worker: Any
) -> None:
    worker.finish_all(posted)
    text = client.get(f"/v1/diagnoses/{posted}/events").text
    seen = re.search(r"^id: (\S+)$", text, re.MULTILINE)[1]
    response = client.get(f"/v1/diagnoses/{posted}/events", headers={"Last-Event-ID": seen})
    assert (response.status_code, response.data) == (204, b"")


def test_a_stream_shows_stages_whole_and_progress_small(
    database: Database, posted: str, worker: Any, watcher: Watcher
) -> None:
    stream = events(watcher, posted, None)
    assert next(stream).startswith("retry:")
    assert parse(next(stream)).kind == "diagnosis"
    claim = worker.claim(posted)
    started = parse(next(stream))
    assert (started.kind, started.data["status"]) == ("diagnosis", "running")
    runs.report(database, claim, 3, float("nan"))
    moved = parse(next(stream))
    assert moved.kind == "progress"
    assert moved.data["runs"][0] | {"id": None} == {
        "id": None, "variant": "baseline", "seed": 0, "status": "running", "step": 3, "steps": 58, "loss": "NaN",
    }  # fmt: skip
    assert "layers" not in moved.data
    diagnoses.cancel(database, posted)
    assert parse(next(stream)).kind == "done"
    assert list(stream) == []


def test_a_stream_goes_on_after_the_event_that_was_seen_last(
    database: Database, posted: str, worker: Any, watcher: Watcher
) -> None:
    stream = events(watcher, posted, None)
    next(stream)
    seen = parse(next(stream)).id
    stream.close()
    resumed = events(watcher, posted, seen, comment_seconds=0.2)
    next(resumed)
    assert next(resumed).startswith(":")
    worker.claim(posted)
    assert parse(next(resumed)).data["status"] == "running"


def test_a_comment_keeps_a_silent_stream_awake(posted: str, watcher: Watcher) -> None:
    stream = events(watcher, posted, None, comment_seconds=0.1)
    assert [next(stream) for _ in range(4)][2:] == [": waiting\n\n"] * 2


def test_a_deleted_diagnosis_ends_its_streams(database: Database, posted: str, watcher: Watcher) -> None:
    stream = events(watcher, posted, None)
    next(stream), next(stream)
    diagnoses.delete(database, posted)
    assert list(stream) == []


def test_streams_beyond_the_cap_are_refused_and_a_closed_one_makes_room(
    client: FlaskClient, posted: str
) -> None:
    path = f"/v1/diagnoses/{posted}/events"
    held = [client.get(path) for _ in range(2)]
    refused = client.get(path)
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "5"
    assert refused.json["retry"] is True
    held.pop().close()
    held.append(client.get(path))
    assert held[-1].status_code == 200
    for stream in held:
        stream.close()


def test_head_takes_no_place(client: FlaskClient, posted: str) -> None:
    for _ in range(5):
        response = client.head(f"/v1/diagnoses/{posted}/events")
        assert response.status_code == 200
        response.close()


def test_streams_of_an_unknown_diagnosis_are_not_found(client: FlaskClient) -> None:
    assert client.get("/v1/diagnoses/dg_unknown/events").status_code == 404
