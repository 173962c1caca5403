"""What opening an uploaded network adds to a diagnosis: its layers, its steps and its runs."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, and_, select, update

from service.schemas.onnx import Imported
from service.store import enqueueing
from service.store.claims import Claim, held, layer_keys
from service.store.columns import now
from service.store.database import Database
from service.store.dictionary import enter_layers
from service.store.rows import LAYERS, lock
from service.store.tables import diagnoses, runs, variants


def validated(database: Database, claim: Claim, imported: Imported) -> bool:
    """End a validation well: the diagnosis gets its layers and its baseline runs, and goes on to probing.

    All of it or nothing; False where the claim is lost.
    """
    with database.begin() as connection:
        diagnosis = _fenced(connection, claim)
        if diagnosis is None:
            return False
        connection.execute(
            update(runs)
            .where(runs.c.id == claim.key)
            .values(status="succeeded", lease_until=None, finished_at=now())
        )
        connection.execute(
            update(diagnoses)
            .where(diagnoses.c.id == diagnosis.id)
            .values(
                phase="probing",
                layers=LAYERS.dump_json(imported.layers).decode(),
                planned_steps=imported.planned_steps,
                run_steps=imported.run_steps,
                imported=imported.report.model_dump_json(),
            )
        )
        enter_layers(connection, diagnosis.project_id, diagnosis.id, {enqueueing.BASELINE: imported.layers})
        requests = enqueueing.baseline(claim.order.submission, imported.run_steps)
        enqueueing.enqueue(connection, diagnosis.id, "baseline", requests)
    return True


def described(database: Database, claim: Claim, imported: Imported) -> Claim | None:
    """The claim of a trial with the layers that its network turned out to have; None where it is lost.

    Nobody knows them before the file was opened and changed; the first run of a variant that gets so far says them.
    """
    with database.begin() as connection:
        diagnosis = _fenced(connection, claim)
        if diagnosis is None:
            return None
        variant = claim.order.variant
        mine = and_(variants.c.diagnosis_id == diagnosis.id, variants.c.name == variant)
        if connection.scalar(select(variants.c.layers).where(mine)) == "[]":
            layers = LAYERS.dump_json(imported.layers).decode()
            connection.execute(update(variants).where(mine).values(layers=layers))
            enter_layers(connection, diagnosis.project_id, diagnosis.id, {variant: imported.layers})
        return replace(claim, layer_keys=layer_keys(connection, diagnosis.id, variant))


def _fenced(connection: Connection, claim: Claim) -> Row[Any] | None:
    """The diagnosis of a claim, locked before the run is; None where the claim is lost."""
    lock(connection, claim.diagnosis_id)
    query = select(diagnoses).join(runs, runs.c.diagnosis_id == diagnoses.c.id)
    fence = query.where(held(claim)).with_for_update(of=runs)
    return connection.execute(fence).one_or_none()
