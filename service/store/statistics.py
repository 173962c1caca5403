"""Statistics: written in batches by the attempt that holds the run, read as pages or as evidence."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Column, Connection, Row, Select, Table, select

from service.schemas.statistics import (
    LAYER_STATISTICS,
    NETWORK_STATISTICS,
    LayerStatistics,
    NetworkStatistics,
    TimeProfile,
)
from service.store.claims import Claim, held
from service.store.database import Database, insert
from service.store.measurements import layer_statistics, network_statistics, time_profiles
from service.store.querying import layer_rows, network_rows, time_rows
from service.store.tables import diagnosis_layers, runs

__all__ = [
    "append",
    "layer_rows",
    "layers_of",
    "losses_of",
    "network_of",
    "network_rows",
    "time_profiles_of",
    "time_rows",
]


def append(
    database: Database,
    claim: Claim,
    *,
    layers: Sequence[LayerStatistics] = (),
    network: Sequence[NetworkStatistics] = (),
    time_profiles: Sequence[TimeProfile] = (),
) -> bool:
    """Write a batch; False where the claim is lost, and then nothing is written.

    A row that is there already stays as it is, so writing a batch twice does no harm.
    """
    with database.begin() as connection:
        # Held until the end: another attempt cannot begin, and clear the table, between look and write.
        fence = select(runs.c.id).where(held(claim)).with_for_update(read=True)
        if connection.execute(fence).one_or_none() is None:
            return False
        _write(connection, layer_statistics, (_layer_values(claim, row) for row in layers))
        _write(connection, network_statistics, ({"run_id": claim.key, **vars(row)} for row in network))
        _write(connection, PROFILES, (_profile_values(claim, row) for row in time_profiles))
    return True


_LAYERS = TypeAdapter(tuple[LayerStatistics, ...])
_NETWORK = TypeAdapter(tuple[NetworkStatistics, ...])

PROFILES = time_profiles
"""The table, under a name that the argument of `append` does not hide."""


def layers_of(connection: Connection, run: Row[Any]) -> tuple[LayerStatistics, ...]:
    """Every row of a run, in order of step, then depth."""
    columns = [layer_statistics.c[name] for name in ("step", *LAYER_STATISTICS)]
    names = ("depth", "step", *LAYER_STATISTICS)
    return _LAYERS.validate_python(_dicts(connection, names, _by_depth(columns, run)))


def network_of(connection: Connection, run: Row[Any]) -> tuple[NetworkStatistics, ...]:
    """Every row of a run, in order of step."""
    names = ("step", *NETWORK_STATISTICS)
    table = network_statistics
    query = select(*(table.c[name] for name in names)).where(table.c.run_id == run.id).order_by(table.c.step)
    return _NETWORK.validate_python(_dicts(connection, names, query))


def losses_of(connection: Connection, run: Row[Any]) -> tuple[float, ...]:
    """The loss of every step of a run."""
    table = network_statistics.c
    query = select(table.loss).where(table.run_id == run.id, table.loss.is_not(None)).order_by(table.step)
    return tuple(connection.scalars(query))


def time_profiles_of(connection: Connection, run: Row[Any]) -> tuple[TimeProfile, ...]:
    """Every profile of a run, in order of step, then depth."""
    columns = [time_profiles.c[name] for name in ("step", "times", "gradient_rms")]
    return tuple(
        TimeProfile(depth=depth, step=step, times=json.loads(times), gradient_rms=json.loads(gradient_rms))
        for depth, step, times, gradient_rms in connection.execute(_by_depth(columns, run))
    )


def _by_depth(columns: Sequence[Column[Any]], run: Row[Any]) -> Select[*tuple[Any, ...]]:
    places = diagnosis_layers
    table = columns[0].table
    return (
        select(places.c.depth, *columns)
        .join(places, places.c.layer_id == table.c.layer_id)
        .where(
            table.c.run_id == run.id,
            places.c.diagnosis_id == run.diagnosis_id,
            places.c.variant == run.variant,
        )
        .order_by(table.c.step, places.c.depth)
    )


def _dicts(
    connection: Connection, names: Sequence[str], query: Select[*tuple[Any, ...]]
) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in connection.execute(query)]


def _layer_values(claim: Claim, row: LayerStatistics) -> dict[str, Any]:
    values = {"run_id": claim.key, "layer_id": claim.layer_keys[row.depth], **vars(row)}
    del values["depth"]
    return values


def _profile_values(claim: Claim, row: TimeProfile) -> dict[str, Any]:
    return {
        "run_id": claim.key,
        "layer_id": claim.layer_keys[row.depth],
        "step": row.step,
        "times": json.dumps(row.times),
        # NaN and Infinity are written as such: the column is text, and Python reads them back.
        "gradient_rms": json.dumps(row.gradient_rms),
    }


def _write(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    values = list(rows)
    if values:
        connection.execute(insert(connection, table).on_conflict_do_nothing(), values)
