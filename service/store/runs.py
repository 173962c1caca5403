"""Runs as a worker sees them: claimed for a time, kept by renewing, ended once; each write fenced by the attempt."""

from typing import Any

from sqlalchemy import Connection, Row, and_, delete, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from service.schemas.limits import Limits
from service.schemas.order import RunOrder
from service.schemas.run import Failure, Outcome
from service.schemas.submission import Submission
from service.store.claims import Claim, held, layer_keys
from service.store.columns import now
from service.store.database import Database
from service.store.dispatching import UNCLAIMED, expire, take_for_sending, unsend, unsettled
from service.store.importing import described, validated
from service.store.measurements import layer_statistics, network_statistics, time_profiles
from service.store.tables import diagnoses, runs, variants

__all__ = [
    "Claim",
    "claim",
    "described",
    "expire",
    "fail",
    "finish",
    "held",
    "release",
    "renew",
    "report",
    "take_for_sending",
    "unsend",
    "unsettled",
    "validated",
]


def claim(
    database: Database,
    run_id: str,
    owner: str,
    lease_seconds: float,
    max_attempts: int,
    limits: Limits | None = None,
) -> Claim | None:
    """Take a queued run, or one whose lease ran out; None where it is not to be had, whatever the reason.

    What an earlier attempt measured is deleted in the same transaction, and the diagnosis starts with its
    first claim.
    """
    with database.begin() as connection:
        diagnosis = _diagnosis(connection, run_id)
        if diagnosis is None:
            return None
        taken = connection.execute(
            update(runs)
            .where(runs.c.public_id == run_id, runs.c.attempt - runs.c.forgiven < max_attempts, _free())
            .values(
                status="running",
                attempt=runs.c.attempt + 1,
                owner=owner,
                lease_until=now(lease_seconds),
                started_at=now(),
                step=0,
                loss=None,
            )
            .returning(runs)
        ).one_or_none()
        if taken is None:
            return None
        if taken.attempt > 1:
            _forget(connection, taken.id)
        if diagnosis.status == "queued":
            phase = "validating" if taken.role == "validation" else "probing"
            begin = update(diagnoses).where(diagnoses.c.id == diagnosis.id)
            connection.execute(begin.values(status="running", phase=phase, started_at=now()))
        plan = _plan(connection, diagnosis, taken)
        keys = layer_keys(connection, diagnosis.id, taken.variant)
    # After the claim is written: what cannot be read uses up its attempts instead of being tried for ever.
    order = _order(plan, taken, limits or Limits())
    counted = taken.attempt - taken.forgiven
    return Claim(run_id, diagnosis.public_id, taken.attempt, owner, order, taken.id, keys, counted)


def renew(database: Database, claim: Claim, lease_seconds: float) -> bool:
    """Keep a claim for longer; False means lost, canceled or deleted: stop working."""
    return _change(database, claim, lease_until=now(lease_seconds))


def report(database: Database, claim: Claim, step: int, loss: float | None) -> bool:
    """Say how far a run is."""
    return _change(database, claim, step=step, loss=loss)


def finish(database: Database, claim: Claim, outcome: Outcome) -> bool:
    """A run was done, divergent or not."""
    return _change(
        database,
        claim,
        status="succeeded",
        outcome=outcome.model_dump_json(),
        step=outcome.steps_run,
        loss=outcome.last_loss,
        lease_until=None,
        finished_at=now(),
    )


def fail(database: Database, claim: Claim, failure: Failure) -> bool:
    """A run cannot be done."""
    return _change(
        database, claim, status="failed", error=failure.model_dump_json(), lease_until=None, finished_at=now()
    )


def release(database: Database, claim: Claim, *, forgiven: bool = False) -> bool:
    """Give a run back to the queue; `forgiven` where the attempt is not to count (the worker shuts down)."""
    return _change(
        database,
        claim,
        status="queued",
        forgiven=runs.c.forgiven + int(forgiven),
        **UNCLAIMED,
    )


def _change(database: Database, claim: Claim, **values: Any) -> bool:
    with database.begin() as connection:
        return connection.execute(update(runs).where(held(claim)).values(**values)).rowcount == 1


def _free() -> ColumnElement[bool]:
    expired = and_(runs.c.status == "running", runs.c.lease_until < now())
    return or_(runs.c.status == "queued", expired)


def _diagnosis(connection: Connection, run_id: str) -> Any:
    """The diagnosis of a run, locked before the run is: the order that everybody keeps."""
    return connection.execute(
        select(diagnoses)
        .join(runs, runs.c.diagnosis_id == diagnoses.c.id)
        .where(runs.c.public_id == run_id)
        .with_for_update(key_share=True, of=diagnoses)
    ).one_or_none()


def _plan(connection: Connection, diagnosis: Row[Any], run: Row[Any]) -> Row[Any]:
    """The row that says what is trained: the variant's where it is a trial."""
    if run.role != "trial":
        return diagnosis
    mine = and_(variants.c.diagnosis_id == diagnosis.id, variants.c.name == run.variant)
    return connection.execute(select(variants).where(mine)).one()


def _order(plan: Row[Any], run: Row[Any], limits: Limits) -> RunOrder:
    return RunOrder(
        run_id=run.public_id,
        attempt=run.attempt,
        role=run.role,
        variant=run.variant,
        seed=run.seed,
        steps=run.steps,
        planned_steps=plan.planned_steps,
        settles=run.settles,
        submission=Submission.model_validate_json(plan.submission),
        limits=limits,
    )


def _forget(connection: Connection, key: int) -> None:
    for table in (layer_statistics, network_statistics, time_profiles):
        connection.execute(delete(table).where(table.c.run_id == key))
