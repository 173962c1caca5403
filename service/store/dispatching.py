"""Runs as the queue and the sweep see them: what to send, what was lost, what nobody ended."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, false, func, or_, select, update

from service.schemas.run import Failure
from service.store.columns import now
from service.store.database import Database, lock
from service.store.tables import diagnoses, runs

EXHAUSTED = Failure(
    whose="service",
    code="attempts-exhausted",
    detail="Every attempt at this run ended without a word: its worker was killed or lost each time.",
)

UNCLAIMED = {
    "owner": None,
    "lease_until": None,
    "sent_at": None,
    "started_at": None,
    "step": 0,
    "loss": None,
}
"""What a run is like that nobody works on."""


def take_for_sending(database: Database, window: int, resend_seconds: float) -> list[str]:
    """Mark queued runs as sent and return them, so that at most `window` are sent and not yet claimed.

    Projects take turns: the one with the least under way goes first. A message is taken for lost after
    `resend_seconds`.
    """
    sent = and_(runs.c.sent_at.is_not(None), runs.c.sent_at >= now(-resend_seconds))
    waiting = and_(runs.c.status == "queued", ~sent)
    with database.begin() as connection:
        # One sender at a time, or two would fill the same window twice.
        lock(connection, "send")
        under_way = select(func.count()).select_from(runs).where(runs.c.status == "queued", sent)
        room = window - (connection.scalar(under_way) or 0)
        if room <= 0:
            return []
        names = {row.id: row.public_id for row in connection.execute(_in_turn(waiting, sent).limit(room))}
        taken = {row.id for row in _untouched(connection, and_(runs.c.id.in_(names), waiting))}
        connection.execute(update(runs).where(runs.c.id.in_(taken)).values(sent_at=now()))
    return [name for key, name in names.items() if key in taken]


def unsend(database: Database, ids: Sequence[str]) -> None:
    """Their messages could not be sent after all: let the next sender try at once."""
    with database.begin() as connection:
        mine = _untouched(connection, and_(runs.c.public_id.in_(ids), runs.c.status == "queued"))
        connection.execute(update(runs).where(runs.c.id.in_([row.id for row in mine])).values(sent_at=None))


def expire(database: Database, max_attempts: int) -> list[str]:
    """Take back runs whose lease ran out: to the queue, or failed where that was the last attempt.

    Returns the diagnoses concerned, each of which may now be ready to move on.
    """
    spent = runs.c.attempt - runs.c.forgiven >= max_attempts
    late = and_(runs.c.status == "running", runs.c.lease_until < now())
    with database.begin() as connection:
        again = _untouched(connection, and_(late, ~spent))
        over = _untouched(connection, and_(or_(late, runs.c.status == "queued"), spent))
        requeued = update(runs).where(runs.c.id.in_([row.id for row in again]))
        connection.execute(requeued.values(status="queued", **UNCLAIMED))
        failed = update(runs).where(runs.c.id.in_([row.id for row in over]))
        error = EXHAUSTED.model_dump_json()
        connection.execute(failed.values(status="failed", error=error, lease_until=None, finished_at=now()))
        concerned = diagnoses.c.id.in_({row.diagnosis_id for row in [*again, *over]})
        return list(
            connection.scalars(select(diagnoses.c.public_id).where(concerned).order_by(diagnoses.c.id))
        )


def unsettled(database: Database) -> list[str]:
    """Diagnoses that could move on but that nobody moved: whoever ended their last run died just then."""
    mine = runs.c.diagnosis_id == diagnoses.c.id
    open_ = exists().where(mine, runs.c.status.in_(["queued", "running"]))
    # A trial that fails decides nothing: its round goes on.
    failed = exists().where(mine, runs.c.status == "failed", runs.c.role != "trial")
    with database.read() as connection:
        return list(
            connection.scalars(
                select(diagnoses.c.public_id)
                .where(diagnoses.c.status.in_(["queued", "running"]), or_(~open_, failed), ~thought_about())
                .order_by(diagnoses.c.id)
            )
        )


def thought_about() -> ColumnElement[bool]:
    """Whether somebody thinks about what comes next for a diagnosis, and is not taken for dead yet."""
    return func.coalesce(diagnoses.c.thinking_until > now(), false())


def _in_turn(waiting: ColumnElement[bool], sent: ColumnElement[bool]) -> Select[int, str]:
    """Waiting runs, in the order in which projects take turns."""
    busy = (
        select(diagnoses.c.project_id, func.count().label("runs"))
        .join(runs, runs.c.diagnosis_id == diagnoses.c.id)
        .where(or_(runs.c.status == "running", and_(runs.c.status == "queued", sent)))
        .group_by(diagnoses.c.project_id)
        .subquery("busy")
    )
    place = func.row_number().over(partition_by=diagnoses.c.project_id, order_by=runs.c.id)
    return (
        select(runs.c.id, runs.c.public_id)
        .join(diagnoses, diagnoses.c.id == runs.c.diagnosis_id)
        .outerjoin(busy, busy.c.project_id == diagnoses.c.project_id)
        .where(waiting)
        .order_by(place + func.coalesce(busy.c.runs, 0), runs.c.id)
    )


def _untouched(connection: Connection, condition: ColumnElement[bool]) -> list[Row[int, int]]:
    """Lock the runs that hold a condition, without those that somebody else is changing just now.

    Who changes many runs at once never waits for one of them: that could end in a circle.
    """
    query = select(runs.c.id, runs.c.diagnosis_id).where(condition).order_by(runs.c.id)
    return list(connection.execute(query.with_for_update(skip_locked=True)).all())
