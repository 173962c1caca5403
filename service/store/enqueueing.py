"""Runs written down to be done: the rows are the outbox, the queue only hints at them."""

from collections.abc import Iterable

from sqlalchemy import Connection, insert

from service.schemas.race import RunRequest
from service.schemas.run import Role
from service.schemas.submission import Submission
from service.store.columns import now
from service.store.identifiers import identifier
from service.store.tables import runs

BASELINE = "baseline"
"""The variant that is the submission itself."""


def enqueue(connection: Connection, diagnosis: int, role: Role, requests: Iterable[RunRequest]) -> None:
    """Write runs as queued."""
    common = {
        "diagnosis_id": diagnosis,
        "role": role,
        "status": "queued",
        "attempt": 0,
        "forgiven": 0,
        "step": 0,
    }
    values = [{**common, "public_id": identifier("rn"), **vars(request)} for request in requests]
    connection.execute(insert(runs).values(created_at=now()), values)


def validation() -> list[RunRequest]:
    """The run that opens an uploaded network."""
    return [RunRequest(variant="validation", seed=0, round=0, steps=0)]


def baseline(submission: Submission, steps: int) -> list[RunRequest]:
    """One run for each seed, from 0."""
    return [
        RunRequest(variant=BASELINE, seed=seed, round=0, steps=steps, settles=True)
        for seed in range(submission.probing.seeds)
    ]
