"""How a diagnosis moves on when its runs have ended: all the logic of phases.

Judging a large network takes seconds, so it is thought about outside any transaction that writes: one transaction
takes the thought for a time, one reads, and one writes down what came of it if the thought is still the newest.
Whoever dies on the way leaves nothing behind, and the sweep begins again when the time is over.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from service.schemas.diagnosis import Judgement
from service.schemas.race import Move, Race
from service.schemas.remedy import Remedy
from service.schemas.run import Failure, Status
from service.store import enqueueing, gathering, judgements, racing
from service.store.columns import now
from service.store.database import Database
from service.store.dispatching import thought_about
from service.store.mind import Mind
from service.store.rows import ENDED, REMEDIES, failure_from, lock
from service.store.tables import diagnoses, runs

THINKING_SECONDS = 120.0
"""How long a thought is left alone: it takes milliseconds, and half a minute with the most layers there may be."""


@dataclass(frozen=True)
class Thought:
    """The right to say what comes next for a diagnosis, as long as no later thought was begun."""

    key: int
    diagnosis_id: str
    number: int
    trying: bool


@dataclass(frozen=True)
class Decision:
    """What came of a thought."""

    move: Move
    judged: tuple[Judgement, judgements.Summaries] | None = None
    """What is said of the baseline, where that was not known before."""
    remedies: tuple[Remedy, ...] = ()
    """What the race showed, where it is over."""


def settle(
    database: Database, diagnosis_id: str, mind: Mind, *, error: Failure | None = None
) -> Status | None:
    """Move a diagnosis on if the runs of its phase have ended; None where there is nothing to do.

    `running` means that it went on to another round of trials. One failed run of the baseline decides: the others
    are canceled and the diagnosis fails with that error; a failed trial decides nothing. Safe to call at any time, from
    anywhere, many times at once. `error` is told beside the verdict when the diagnosis ends now.
    """
    with database.begin() as connection:
        thought = _begin(connection, diagnosis_id)
    if not isinstance(thought, Thought):
        return thought
    try:
        decision = _think(database, thought, mind)
        return None if decision is None else _carry_out(database, thought, decision, error)
    except BaseException:
        with database.begin() as connection:
            connection.execute(update(diagnoses).where(_newest(thought)).values(thinking_until=None))
        raise


def fail(database: Database, diagnosis_id: str, failure: Failure) -> Status | None:
    """End a diagnosis that cannot be moved on; None where it had ended already, or is gone.

    One whose verdict is known succeeds all the same, with the failure told beside it.
    """
    with database.begin() as connection:
        lock(connection, diagnosis_id)
        open_ = (diagnoses.c.public_id == diagnosis_id) & diagnoses.c.status.not_in(ENDED)
        row = connection.execute(select(diagnoses.c.id, diagnoses.c.verdict).where(open_)).one_or_none()
        if row is None:
            return None
        status: Status = "failed" if row.verdict is None else "succeeded"
        _end(connection, row.id, status, error=failure.model_dump_json())
        return status


def _begin(connection: Connection, diagnosis_id: str) -> Thought | Status | None:
    """Take the thought where the runs of the phase have ended; a failed run needs none."""
    lock(connection, diagnosis_id)
    query = select(diagnoses, thought_about().label("thought_about"))
    row = connection.execute(query.where(diagnoses.c.public_id == diagnosis_id)).one_or_none()
    if row is None or row.status in ENDED:
        return None
    trying = row.phase == "trying"
    mine = runs.c.diagnosis_id == row.id
    awaited = select(runs).where(mine, (runs.c.role == "trial") == trying).order_by(runs.c.id)
    rows = connection.execute(awaited).all()
    failures = [failure for run in rows if (failure := failure_from(run.error)) is not None]
    if failures and not trying:
        _end(connection, row.id, "failed", error=failures[0].model_dump_json())
        return "failed"
    if row.thought_about or any(run.status not in ENDED for run in rows):
        return None
    taken = update(diagnoses).where(diagnoses.c.id == row.id)
    phase = "trying" if trying else "judging"
    connection.execute(
        taken.values(phase=phase, thought=row.thought + 1, thinking_until=now(THINKING_SECONDS))
    )
    return Thought(row.id, diagnosis_id, row.thought + 1, trying)


def _think(database: Database, thought: Thought, mind: Mind) -> Decision | None:
    """Read and decide, while others may write; None where the diagnosis is gone."""
    with database.read() as connection:
        row = connection.execute(select(diagnoses).where(_newest(thought))).one_or_none()
        if row is None:
            return None
        if thought.trying:
            return _tried(connection, row, mind)
        evidence = gathering.evidence_of(connection, row)
        judgement = mind.judge(evidence)
        move = racing.sound(mind.begin(evidence, judgement))
        remedies: tuple[Remedy, ...] = ()
        if move.candidates and not move.runs:
            race = gathering.race_of(connection, row, judgement, move.candidates)
            remedies = mind.conclude(race)
        summaries = judgements.summaries_of(evidence)
        return Decision(move, judged=(judgement, summaries), remedies=remedies)


def _tried(connection: Connection, row: Row[Any], mind: Mind) -> Decision:
    race = gathering.race_of(connection, row, gathering.judgement_of(row))
    race = race.model_copy(update={"judgements": _judgements(connection, row, mind, race)})
    move = racing.sound(mind.go_on(race), race)
    if move.runs:
        return Decision(move)
    over = race.model_copy(update={"candidates": (*race.candidates, *move.candidates)})
    return Decision(move, remedies=mind.conclude(over))


def _judgements(connection: Connection, row: Row[Any], mind: Mind, race: Race) -> dict[str, Judgement]:
    """What is said of the variants that the race wants judged; one that never ran well has nothing to say."""
    found: dict[str, Judgement] = {}
    for variant in mind.judged(race):
        evidence = gathering.evidence_of(connection, row, variant)
        if evidence.runs:
            found[variant] = mind.judge(evidence)
    return found


def _carry_out(
    database: Database, thought: Thought, decision: Decision, error: Failure | None
) -> Status | None:
    """Write a decision down, all of it at once; None where the diagnosis ended meanwhile, or is thought about anew."""
    with database.begin() as connection:
        lock(connection, thought.diagnosis_id)
        row = connection.execute(select(diagnoses).where(_newest(thought))).one_or_none()
        if row is None:
            return None
        if decision.judged is not None:
            judgements.save(connection, row, *decision.judged)
        racing.enter_variants(connection, row, decision.move.candidates)
        if not decision.move.runs:
            said = REMEDIES.dump_json(decision.remedies).decode() if decision.remedies else None
            failure = error.model_dump_json() if error else None
            _end(connection, row.id, "succeeded", remedies=said, error=failure)
            return "succeeded"
        enqueueing.enqueue(connection, row.id, "trial", decision.move.runs)
        going_on = update(diagnoses).where(diagnoses.c.id == row.id)
        connection.execute(going_on.values(phase="trying", thinking_until=None))
        return "running"


def _newest(thought: Thought) -> ColumnElement[bool]:
    """Holds as long as a thought is the newest of a diagnosis that has not ended."""
    mine = (diagnoses.c.id == thought.key) & (diagnoses.c.thought == thought.number)
    return mine & diagnoses.c.status.not_in(ENDED)


def _end(connection: Connection, diagnosis: int, status: Status, **values: Any) -> None:
    """End a diagnosis and whatever of its runs is still open."""
    ended = {"finished_at": now(), "lease_until": None}
    open_ = (runs.c.diagnosis_id == diagnosis) & runs.c.status.not_in(ENDED)
    connection.execute(update(runs).where(open_).values(status="canceled", **ended))
    end = update(diagnoses).where(diagnoses.c.id == diagnosis)
    connection.execute(
        end.values(status=status, phase=None, finished_at=now(), thinking_until=None, **values)
    )
