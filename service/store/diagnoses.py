"""Diagnoses: created with all their runs, read, listed, canceled, deleted, settled."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, insert, select, update

from service.errors import IdempotencyMismatch
from service.schemas.diagnosis import Diagnosis
from service.schemas.intake import Accepted, Pending
from service.schemas.submission import Submission
from service.store import enqueueing
from service.store.columns import now
from service.store.database import Database
from service.store.dictionary import enter_layers, enter_project
from service.store.gathering import evidence
from service.store.identifiers import identifier
from service.store.listing import page
from service.store.rows import ENDED, LAYERS, diagnosis_from, find, written
from service.store.settlement import fail, settle
from service.store.tables import diagnoses, idempotency_keys, runs

__all__ = [
    "Created",
    "cancel",
    "create",
    "delete",
    "evidence",
    "fail",
    "get",
    "page",
    "settle",
    "submission",
]

KEY_SECONDS = 24 * 3600
"""How long an Idempotency-Key is remembered."""


@dataclass(frozen=True)
class Created:
    """A diagnosis that was asked for; `replayed` where the same request had created it before."""

    id: str
    replayed: bool


def create(
    database: Database,
    request: Accepted | Pending,
    *,
    body_digest: str,
    idempotency_key: str | None = None,
) -> Created:
    """Write a diagnosis, its layers and its runs as queued, all or nothing.

    Of a network that lies in a file nothing is known yet: its only run is the one that opens it.
    Raises IdempotencyMismatch where the key was used for another body in the last 24 hours.
    """
    with database.begin() as connection:
        project = enter_project(connection, request.submission.project)
        if idempotency_key is not None:
            known = _replayed(connection, project, idempotency_key, body_digest)
            if known is not None:
                return Created(known, replayed=True)
        name, key = _write_diagnosis(connection, project, request, body_digest)
        _write_runs(connection, project, key, request)
        if idempotency_key is not None:
            values = {"project_id": project, "key": idempotency_key, "body_digest": body_digest}
            connection.execute(insert(idempotency_keys).values(**values, diagnosis_id=key, created_at=now()))
    return Created(name, replayed=False)


def get(database: Database, diagnosis_id: str) -> Diagnosis:
    """One diagnosis with its runs; raises NotFound."""
    with database.read() as connection:
        return diagnosis_from(connection, find(connection, diagnosis_id))


def submission(database: Database, diagnosis_id: str) -> Submission:
    """What was submitted; raises NotFound."""
    with database.read() as connection:
        return Submission.model_validate_json(find(connection, diagnosis_id).submission)


def cancel(database: Database, diagnosis_id: str) -> Diagnosis:
    """Stop the work on a diagnosis; one that has ended stays as it is. Raises NotFound."""
    with database.begin() as connection:
        row = find(connection, diagnosis_id, update=True)
        if row.status not in ENDED:
            ended = {"status": "canceled", "finished_at": now()}
            open_ = (runs.c.diagnosis_id == row.id) & runs.c.status.not_in(ENDED)
            connection.execute(update(runs).where(open_).values(**ended, lease_until=None))
            connection.execute(update(diagnoses).where(diagnoses.c.id == row.id).values(**ended, phase=None))
            row = find(connection, diagnosis_id)
        return diagnosis_from(connection, row)


def delete(database: Database, diagnosis_id: str) -> None:
    """Delete a diagnosis with everything that was measured; its workers stop. Raises NotFound."""
    with database.begin() as connection:
        row = find(connection, diagnosis_id, update=True)
        connection.execute(sa.delete(diagnoses).where(diagnoses.c.id == row.id))


def _replayed(connection: Connection, project: int, key: str, body_digest: str) -> str | None:
    """The diagnosis that this key created, where it did. The project's row is locked: nobody else is at it."""
    of_project = idempotency_keys.c.project_id == project
    old = idempotency_keys.c.created_at < now(-KEY_SECONDS)
    connection.execute(sa.delete(idempotency_keys).where(of_project, old))
    mine = of_project & (idempotency_keys.c.key == key)
    query = select(idempotency_keys.c.body_digest, diagnoses.c.public_id).join(diagnoses).where(mine)
    found = connection.execute(query).one_or_none()
    if found is None:
        return None
    if found.body_digest != body_digest:
        raise IdempotencyMismatch(f"The Idempotency-Key {key!r} was used for another body.")
    return str(found.public_id)


def _write_diagnosis(
    connection: Connection, project: int, request: Accepted | Pending, body_digest: str
) -> tuple[str, int]:
    name = identifier("dg")
    known = request if isinstance(request, Accepted) else None
    values: dict[str, Any] = {
        "public_id": name,
        "project_id": project,
        "branch": request.submission.branch,
        "commit": request.submission.commit,
        "status": "queued",
        "submission": written(request.submission),
        "body_digest": body_digest,
        "layers": LAYERS.dump_json(known.plan.layers if known else ()).decode(),
        "planned_steps": known.planned_steps if known else 0,
        "run_steps": known.run_steps if known else 0,
        "tries": request.submission.trials.mode != "off",
        "thought": 0,
        "created_at": now(),
    }
    key = connection.scalar(insert(diagnoses).values(**values).returning(diagnoses.c.id))
    return name, int(key or 0)


def _write_runs(connection: Connection, project: int, diagnosis: int, request: Accepted | Pending) -> None:
    if isinstance(request, Pending):
        enqueueing.enqueue(connection, diagnosis, "validation", enqueueing.validation())
        return
    enter_layers(connection, project, diagnosis, {enqueueing.BASELINE: request.plan.layers})
    baseline = enqueueing.baseline(request.submission, request.run_steps)
    enqueueing.enqueue(connection, diagnosis, "baseline", baseline)
