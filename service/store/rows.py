"""Rows made into schemas: the only place that knows how a diagnosis or a run lies in its columns."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, Select, case, false, func, literal, select
from sqlalchemy.sql.elements import ColumnElement

from service.errors import NotFound
from service.schemas.diagnosis import Diagnosis, Finding
from service.schemas.onnx import ImportReport
from service.schemas.patching import tree_of
from service.schemas.plan import Layer
from service.schemas.remedy import Remedy
from service.schemas.run import TERMINAL, Failure, Outcome, Run
from service.schemas.submission import Submission
from service.store.tables import diagnoses, projects, runs

LAYERS: TypeAdapter[tuple[Layer, ...]] = TypeAdapter(tuple[Layer, ...])
FINDINGS: TypeAdapter[tuple[Finding, ...]] = TypeAdapter(tuple[Finding, ...])
REMEDIES: TypeAdapter[tuple[Remedy, ...]] = TypeAdapter(tuple[Remedy, ...])

ENDED = tuple(sorted(TERMINAL))


def written(submission: Submission) -> str:
    """A submission as it is stored: what the client said, without the defaults, to be read back as the same."""
    return json.dumps(tree_of(submission), allow_nan=False)


def progress() -> ColumnElement[float]:
    """How far a diagnosis is, never falling: the steps done, where a run that succeeded early has done all of its own.

    Nobody knows how many rounds of trials there will be, so each of them takes half of what is left.
    """
    done = func.sum(case((runs.c.status == "succeeded", runs.c.steps), else_=runs.c.step))
    share = done * 1.0 / func.nullif(func.sum(runs.c.steps), 0)
    left = (1.0 - share / 2) / literal(1).op("<<")(runs.c.round)
    latest = (
        select(case((diagnoses.c.tries, 1.0 - left), else_=share))
        .where(runs.c.diagnosis_id == diagnoses.c.id, runs.c.role != "validation")
        .group_by(runs.c.round)
        .order_by(runs.c.round.desc())
        .limit(1)
    )
    running = func.coalesce(latest.correlate(diagnoses).scalar_subquery(), 0.0)
    return case((diagnoses.c.status == "succeeded", 1.0), else_=running)


def find(connection: Connection, diagnosis_id: str, *, update: bool = False) -> Row[Any]:
    """The row of a diagnosis, locked where it is about to change; raises NotFound."""
    if update:
        lock(connection, diagnosis_id)
    columns = (diagnoses, projects.c.name.label("project"), progress().label("progress"))
    return _one(connection, select(*columns).join(projects), diagnosis_id)


def key_of(connection: Connection, diagnosis_id: str) -> int:
    """The number of a diagnosis in the database; raises NotFound."""
    return int(_one(connection, select(diagnoses.c.id), diagnosis_id).id)


def lock(connection: Connection, diagnosis_id: str) -> None:
    """Let nobody else change a diagnosis until the end of the transaction.

    Whoever changes a diagnosis and its runs locks in this order, so that nobody waits in a circle.
    """
    query = select(diagnoses.c.id).where(_named(diagnosis_id))
    connection.execute(query.with_for_update(key_share=True))


def diagnosis_from(connection: Connection, row: Row[Any]) -> Diagnosis:
    """A diagnosis with its runs."""
    query = select(runs).where(runs.c.diagnosis_id == row.id).order_by(runs.c.id)
    return Diagnosis(
        id=row.public_id,
        project=row.project,
        branch=row.branch,
        commit=row.commit,
        status=row.status,
        phase=row.phase,
        progress=row.progress,
        verdict=row.verdict,
        summary=row.summary,
        reason=row.reason,
        findings=FINDINGS.validate_json(row.findings) if row.findings else (),
        rules_version=row.rules_version,
        imported=report_from(row.imported),
        remedies=REMEDIES.validate_json(row.remedies) if row.remedies else (),
        error=failure_from(row.error),
        runs=runs_from(connection.execute(query).all()),
        layers=LAYERS.validate_json(row.layers),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def runs_from(rows: Sequence[Row[Any]]) -> tuple[Run, ...]:
    """Runs as a client sees them."""
    return tuple(
        Run(
            id=row.public_id,
            role=row.role,
            variant=row.variant,
            seed=row.seed,
            round=row.round,
            status=row.status,
            attempt=row.attempt,
            step=row.step,
            steps=row.steps,
            loss=row.loss,
            outcome=outcome_from(row.outcome),
            error=failure_from(row.error),
            created_at=row.created_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
        )
        for row in rows
    )


def outcome_from(text: str | None) -> Outcome | None:
    """How a run ended, where it did."""
    return None if text is None else Outcome.model_validate_json(text)


def report_from(text: str | None) -> ImportReport | None:
    """What an uploaded network turned out to hold, where there is one."""
    return None if text is None else ImportReport.model_validate_json(text)


def failure_from(text: str | None) -> Failure | None:
    """Why something failed, where it did."""
    return None if text is None else Failure.model_validate_json(text)


def _one(connection: Connection, query: Select[*tuple[Any, ...]], diagnosis_id: str) -> Row[Any]:
    row = connection.execute(query.where(_named(diagnosis_id))).one_or_none()
    if row is None:
        raise NotFound(f"There is no diagnosis {diagnosis_id!r}.")
    return row


def _named(diagnosis_id: str) -> ColumnElement[bool]:
    # PostgreSQL refuses to look for a NUL.
    return diagnoses.c.public_id == diagnosis_id if "\0" not in diagnosis_id else false()
