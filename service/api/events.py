"""Server-sent events: a diagnosis as it moves on, with resume."""

from collections.abc import Iterator

from flask import Blueprint, Response
from pydantic import Field

from service.api.clinic import clinic
from service.api.edge import Reply, gives, takes
from service.api.watch import Snapshot, Watcher, snapshot
from service.errors import NotFound, Overloaded
from service.schemas.base import Input
from service.schemas.progress import progress
from service.store import diagnoses

blueprint = Blueprint("events", __name__)

COMMENT_SECONDS = 15.0
RETRY_MILLISECONDS = 2000
EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "Revision of the diagnosis"},
        "event": {"enum": ["diagnosis", "progress", "done"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}


class EventHeaders(Input):
    """What an EventSource sends when it connects again."""

    last_event_id: str | None = Field(default=None, alias="Last-Event-ID", max_length=200)
    """Id of the last event seen: only what came after it is sent."""


@blueprint.get("/diagnoses/<id:diagnosis_id>/events")
@takes(headers=EventHeaders)
@gives(
    Reply(
        200,
        None,
        "Events until the diagnosis ends",
        media_type="text/event-stream",
        schema=EVENT,
    ),
    Reply(204, None, "The diagnosis has ended and the client has seen its last event: do not connect again"),
    refuses=(NotFound, Overloaded),
)
def stream(diagnosis_id: str, headers: EventHeaders) -> Response:
    """Follow a diagnosis.

    Three kinds of event: `diagnosis` (the whole diagnosis: first of all, and when its status or phase changes),
    `progress` (the small part that moves) and `done` (the whole diagnosis in its terminal state; the stream
    ends). Each has as its id the revision that it shows. A comment every 15 seconds keeps proxies awake.
    """
    here = clinic()
    now = snapshot(diagnoses.get(here.database, diagnosis_id))
    if now.last and headers.last_event_id == now.revision:
        return Response(status=204)
    if not here.long_lived.acquire(blocking=False):
        raise Overloaded(
            "every place for an event stream is taken; poll the diagnosis instead", retry_after=5
        )
    # Released with the response and not in the generator: one that was never begun runs no `finally`.
    response = Response(
        events(here.watcher, diagnosis_id, headers.last_event_id), mimetype="text/event-stream"
    )
    response.call_on_close(here.long_lived.release)
    response.headers["X-Accel-Buffering"] = "no"
    return response


def events(
    watcher: Watcher, diagnosis_id: str, revision: str | None, *, comment_seconds: float = COMMENT_SECONDS
) -> Iterator[str]:
    """The text of the stream, from the first snapshot that is not of `revision` to the last one."""
    yield f"retry: {RETRY_MILLISECONDS}\n\n"
    before: Snapshot | None = None
    with watcher.watching(diagnosis_id):
        while before is None or not before.last:
            try:
                now = watcher.next(diagnosis_id, revision, comment_seconds)
            except NotFound:
                return
            if now is None:
                yield ": waiting\n\n"
                continue
            yield event(before, now)
            before, revision = now, now.revision


def event(before: Snapshot | None, now: Snapshot) -> str:
    """One event, as large as the change is."""
    kind = "done" if now.last else "diagnosis"
    data = now.diagnosis
    if not now.last and before is not None and _stage(before) == _stage(now):
        return f"id: {now.revision}\nevent: progress\ndata: {progress(data).model_dump_json()}\n\n"
    return f"id: {now.revision}\nevent: {kind}\ndata: {data.model_dump_json()}\n\n"


def _stage(of: Snapshot) -> tuple[str, str | None]:
    return of.diagnosis.status, of.diagnosis.phase
