"""Lists of diagnoses: newest first, filtered, in pages."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from service.schemas.diagnosis import DiagnosisSummary
from service.schemas.page import Page
from service.schemas.query import DiagnosisFilter
from service.store import cursors
from service.store.database import Database
from service.store.rows import progress
from service.store.tables import diagnoses, finding_layers, findings, projects

KIND = "diagnoses"


def page(
    database: Database, wanted: DiagnosisFilter, cursor: str | None = None, limit: int = 50
) -> Page[DiagnosisSummary]:
    """Diagnoses that a filter lets through; raises MalformedParameter for a cursor of another list."""
    query = (
        select(
            diagnoses.c.id.label("key"),
            diagnoses.c.public_id,
            projects.c.name,
            diagnoses.c.branch,
            diagnoses.c.commit,
            diagnoses.c.status,
            diagnoses.c.phase,
            progress().label("progress"),
            diagnoses.c.verdict,
            diagnoses.c.summary,
            diagnoses.c.created_at,
            diagnoses.c.finished_at,
        )
        .join(projects)
        .where(*_conditions(wanted))
        .order_by(diagnoses.c.id.desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        (last,) = cursors.decode(cursor, KIND, 1)
        query = query.where(diagnoses.c.id < last)
    with database.read() as connection:
        rows = connection.execute(query).all()
        shown = rows[:limit]
        rules = _rules(connection, [row.key for row in shown])
    following = cursors.encode(KIND, shown[-1].key) if len(rows) > limit else None
    items = tuple(_summary(row, rules.get(row.key, ())) for row in shown)
    return Page[DiagnosisSummary](items=items, next_cursor=following)


def _conditions(wanted: DiagnosisFilter) -> list[ColumnElement[bool]]:
    columns = {
        projects.c.name: wanted.project,
        diagnoses.c.branch: wanted.branch,
        diagnoses.c.commit: wanted.commit,
        diagnoses.c.status: wanted.status,
        diagnoses.c.verdict: wanted.verdict,
    }
    conditions: list[ColumnElement[bool]] = [
        column == value for column, value in columns.items() if value is not None
    ]
    if wanted.rule is not None:
        of_rule = select(findings.c.diagnosis_id).where(findings.c.rule == wanted.rule)
        conditions.append(diagnoses.c.id.in_(of_rule))
    if wanted.layer is not None:
        of_layer = select(findings.c.diagnosis_id).join(finding_layers)
        conditions.append(diagnoses.c.id.in_(of_layer.where(finding_layers.c.name == wanted.layer)))
    if wanted.created_after is not None:
        conditions.append(diagnoses.c.created_at >= wanted.created_after)
    if wanted.created_before is not None:
        conditions.append(diagnoses.c.created_at < wanted.created_before)
    return conditions


def _rules(connection: Connection, keys: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Rules that found something, by diagnosis, each once and in order of importance."""
    query = select(findings.c.diagnosis_id, findings.c.rule).where(findings.c.diagnosis_id.in_(keys))
    found: dict[int, dict[str, None]] = {}
    for row in connection.execute(query.order_by(findings.c.diagnosis_id, findings.c.position)):
        found.setdefault(row.diagnosis_id, {})[row.rule] = None
    return {key: tuple(rules) for key, rules in found.items()}


def _summary(row: Row[Any], rules: tuple[str, ...]) -> DiagnosisSummary:
    return DiagnosisSummary(
        id=row.public_id,
        project=row.name,
        branch=row.branch,
        commit=row.commit,
        status=row.status,
        phase=row.phase,
        progress=row.progress,
        verdict=row.verdict,
        summary=row.summary,
        rules=rules,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
