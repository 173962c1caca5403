"""What a diagnosis is judged by and what a race is gone on with, read from the rows."""

import json
from typing import Any

from sqlalchemy import Connection, Row, and_, select

from service.schemas.data import DatasetData, DatasetInfo
from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.race import Race, TrialRun
from service.schemas.remedy import Candidate
from service.schemas.run import Outcome
from service.schemas.submission import Submission
from service.store import datasets, statistics
from service.store.database import Database
from service.store.enqueueing import BASELINE
from service.store.rows import FINDINGS, LAYERS, failure_from, find, outcome_from, report_from
from service.store.tables import runs, variants


def evidence(database: Database, diagnosis_id: str, variant: str = BASELINE) -> Evidence:
    """All that one variant of a diagnosis was or will be judged by; raises NotFound for the diagnosis.

    Of a seed that was run in several rounds the last counts. A variant that does not exist has no runs.
    """
    with database.read() as connection:
        return evidence_of(connection, find(connection, diagnosis_id), variant)


def evidence_of(connection: Connection, diagnosis: Row[Any], variant: str = BASELINE) -> Evidence:
    """The same within a transaction."""
    mine = and_(variants.c.diagnosis_id == diagnosis.id, variants.c.name == variant)
    plan = connection.execute(select(variants).where(mine)).one_or_none() or diagnosis
    submission = Submission.model_validate_json(plan.submission)
    return Evidence(
        submission=submission,
        layers=LAYERS.validate_json(plan.layers),
        planned_steps=plan.planned_steps,
        runs=tuple(_measured(connection, run) for run in judged_runs(connection, diagnosis.id, variant)),
        dataset=_dataset(connection, submission),
        imported=report_from(diagnosis.imported),
    )


def judged_runs(connection: Connection, diagnosis: int, variant: str) -> list[Row[Any]]:
    """The runs of a variant that can be judged: of each seed the last that succeeded."""
    mine = and_(runs.c.diagnosis_id == diagnosis, runs.c.variant == variant, runs.c.status == "succeeded")
    rows = connection.execute(select(runs).where(mine).order_by(runs.c.seed, runs.c.round)).all()
    return list({row.seed: row for row in rows}.values())


def race_of(
    connection: Connection, diagnosis: Row[Any], judgement: Judgement, candidates: tuple[Candidate, ...] = ()
) -> Race:
    """Everything known when a round of trials has ended; `candidates` are those that are not stored yet."""
    query = select(runs).where(runs.c.diagnosis_id == diagnosis.id, runs.c.role != "validation")
    rows = connection.execute(query.order_by(runs.c.id)).all()
    submission = Submission.model_validate_json(diagnosis.submission)
    stored = candidates_of(connection, diagnosis.id)
    ranging = {candidate.name for candidate in stored if candidate.kind == "range-test"}
    return Race(
        submission=submission,
        judgement=judgement,
        layers=LAYERS.validate_json(diagnosis.layers),
        run_steps=diagnosis.run_steps,
        planned_steps=diagnosis.planned_steps,
        baseline=tuple(_ended(run) for run in rows if run.role == "baseline"),
        candidates=(*stored, *candidates),
        trials=tuple(
            _ended(run, statistics.losses_of(connection, run) if run.variant in ranging else ())
            for run in rows
            if run.role == "trial"
        ),
        dataset=_dataset(connection, submission),
    )


def judgement_of(diagnosis: Row[Any]) -> Judgement:
    """What was said of a diagnosis that is being tried on."""
    return Judgement(
        verdict=diagnosis.verdict,
        summary=diagnosis.summary,
        reason=diagnosis.reason,
        findings=FINDINGS.validate_json(diagnosis.findings),
        rules_version=diagnosis.rules_version,
    )


def candidates_of(connection: Connection, diagnosis: int) -> tuple[Candidate, ...]:
    """Every variant of a diagnosis, in the order in which they were stored."""
    query = select(variants).where(variants.c.diagnosis_id == diagnosis).order_by(variants.c.position)
    return tuple(
        Candidate(
            **json.loads(row.candidate),
            submission=Submission.model_validate_json(row.submission),
            layers=LAYERS.validate_json(row.layers),
            planned_steps=row.planned_steps,
            run_steps=row.run_steps,
        )
        for row in connection.execute(query)
    )


def _ended(run: Row[Any], losses: tuple[float, ...] = ()) -> TrialRun:
    return TrialRun(
        variant=run.variant,
        seed=run.seed,
        round=run.round,
        steps=run.steps,
        outcome=outcome_from(run.outcome),
        failure=failure_from(run.error),
        losses=losses,
    )


def _measured(connection: Connection, run: Row[Any]) -> RunEvidence:
    return RunEvidence(
        seed=run.seed,
        outcome=Outcome.model_validate_json(run.outcome),
        network=statistics.network_of(connection, run),
        layers=statistics.layers_of(connection, run),
        time_profiles=statistics.time_profiles_of(connection, run),
    )


def _dataset(connection: Connection, submission: Submission) -> DatasetInfo | None:
    data = submission.data
    return datasets.find(connection, data.digest) if isinstance(data, DatasetData) else None
