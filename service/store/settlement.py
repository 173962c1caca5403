"""How a diagnosis moves on when its runs have ended: all the logic of phases, each move in one transaction."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, update

from service.schemas.data import DatasetData, DatasetInfo
from service.schemas.diagnosis import Judgement, Phase
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.run import Failure, Outcome, Role, Status
from service.schemas.submission import Submission
from service.store import datasets, judgements, statistics
from service.store.columns import now
from service.store.database import Database
from service.store.rows import ENDED, LAYERS, failure_from, find, lock
from service.store.tables import diagnoses, runs

ROLES: dict[Phase, Role] = {"probing": "baseline"}
"""The runs that a phase waits for."""


def settle(database: Database, diagnosis_id: str, judge: Callable[[Evidence], Judgement]) -> Status | None:
    """Move a diagnosis on if the runs of its phase have ended; None where there is nothing to do.

    One failed run decides: the others are canceled and the diagnosis fails with that error. Safe to call
    at any time, from anywhere, many times at once.
    """
    with database.begin() as connection:
        lock(connection, diagnosis_id)
        row = connection.execute(select(diagnoses).where(diagnoses.c.public_id == diagnosis_id)).one_or_none()
        if row is None or row.status in ENDED:
            return None
        awaited = _runs(connection, row.id, ROLES[row.phase or "probing"])
        failures = [failure for run in awaited if (failure := failure_from(run.error)) is not None]
        if failures:
            _end(connection, row.id, "failed", error=failures[0].model_dump_json())
            return "failed"
        if any(run.status not in ENDED for run in awaited):
            return None
        done = [run for run in awaited if run.status == "succeeded"]
        known = _evidence(connection, row, done)
        judgements.save(connection, row, known, [run.id for run in done], judge(known))
        _end(connection, row.id, "succeeded")
        return "succeeded"


def fail(database: Database, diagnosis_id: str, failure: Failure) -> bool:
    """End a diagnosis that cannot be judged; False where it had ended already, or is gone."""
    with database.begin() as connection:
        lock(connection, diagnosis_id)
        open_ = (diagnoses.c.public_id == diagnosis_id) & diagnoses.c.status.not_in(ENDED)
        key = connection.scalar(select(diagnoses.c.id).where(open_))
        if key is not None:
            _end(connection, key, "failed", error=failure.model_dump_json())
        return key is not None


def evidence(database: Database, diagnosis_id: str) -> Evidence:
    """All that a diagnosis was or will be judged by; raises NotFound."""
    with database.read() as connection:
        row = find(connection, diagnosis_id)
        done = [run for run in _runs(connection, row.id, "baseline") if run.status == "succeeded"]
        return _evidence(connection, row, done)


def _runs(connection: Connection, diagnosis: int, role: Role) -> Sequence[Row[Any]]:
    query = select(runs).where(runs.c.diagnosis_id == diagnosis, runs.c.role == role)
    return connection.execute(query.order_by(runs.c.id)).all()


def _evidence(connection: Connection, row: Row[Any], among: Sequence[Row[Any]]) -> Evidence:
    submission = Submission.model_validate_json(row.submission)
    return Evidence(
        submission=submission,
        layers=LAYERS.validate_json(row.layers),
        planned_steps=row.planned_steps,
        dataset=_dataset(connection, submission),
        runs=tuple(
            RunEvidence(
                seed=run.seed,
                outcome=Outcome.model_validate_json(run.outcome),
                network=statistics.network_of(connection, run.id),
                layers=statistics.layers_of(connection, run.id, row.id),
                time_profiles=statistics.time_profiles_of(connection, run.id, row.id),
            )
            for run in among
        ),
    )


def _dataset(connection: Connection, submission: Submission) -> DatasetInfo | None:
    data = submission.data
    return datasets.find(connection, data.digest) if isinstance(data, DatasetData) else None


def _end(connection: Connection, diagnosis: int, status: Status, **values: Any) -> None:
    """End a diagnosis and whatever of its runs is still open."""
    ended = {"finished_at": now(), "lease_until": None}
    open_ = (runs.c.diagnosis_id == diagnosis) & runs.c.status.not_in(ENDED)
    connection.execute(update(runs).where(open_).values(status="canceled", **ended))
    end = update(diagnoses).where(diagnoses.c.id == diagnosis)
    connection.execute(end.values(status=status, phase=None, finished_at=now(), **values))
