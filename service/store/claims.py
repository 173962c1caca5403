"""The right to work on a run: what it holds, and the fence that every write of its owner must pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, and_, select
from sqlalchemy.sql.elements import ColumnElement

from service.schemas.order import RunOrder
from service.store.tables import diagnosis_layers, runs


@dataclass(frozen=True)
class Claim:
    """The right to work on a run, until the lease ends or another attempt begins."""

    run_id: str
    diagnosis_id: str
    attempt: int
    owner: str
    order: RunOrder
    key: int = field(repr=False)
    """The run's number in the database."""
    layer_keys: Mapping[int, int] = field(repr=False)
    """Depth to the layer's number in the database, in the variant that is run."""
    counted: int
    """Attempts that count against the limit, this one included."""


def held(claim: Claim) -> ColumnElement[bool]:
    """The fence: holds as long as the run is this attempt's, and neither ended nor canceled."""
    return and_(
        runs.c.public_id == claim.run_id,
        runs.c.attempt == claim.attempt,
        runs.c.owner == claim.owner,
        runs.c.status == "running",
    )


def layer_keys(connection: Connection, diagnosis: int, variant: str) -> dict[int, int]:
    """Depth to the layer's number, of one variant of a diagnosis."""
    places = diagnosis_layers.c
    query = select(places.depth, places.layer_id)
    mine = (places.diagnosis_id == diagnosis) & (places.variant == variant)
    return {row.depth: row.layer_id for row in connection.execute(query.where(mine))}
