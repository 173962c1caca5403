"""Pages of statistics, as a client asks for them: by metric, layer, seed and step, in a stable order."""

import difflib
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, Table, select, tuple_

from service.errors import MalformedParameter
from service.schemas.page import Page
from service.schemas.query import LayerRow, NetworkRow, StatisticsFilter, TimeRow
from service.schemas.statistics import LAYER_STATISTICS, NETWORK_STATISTICS
from service.store import cursors
from service.store.database import Database
from service.store.measurements import layer_statistics, network_statistics, time_profiles
from service.store.rows import key_of
from service.store.tables import diagnosis_layers, layers, runs

BASELINE = "baseline"


def layer_rows(
    database: Database,
    diagnosis_id: str,
    asked: StatisticsFilter,
    cursor: str | None,
    limit: int,
) -> Page[LayerRow]:
    """Statistics of layers, in order of run, depth, step."""
    metrics = _metrics(asked, LAYER_STATISTICS)
    rows, following = _by_layer(database, diagnosis_id, asked, cursor, limit, layer_statistics, metrics)
    items = tuple(
        LayerRow(
            variant=row.variant,
            seed=row.seed,
            round=row.round,
            network=row.network,
            layer=row.name,
            depth=row.depth,
            step=row.step,
            values=_values(row, metrics),
        )
        for row in rows
    )
    return Page[LayerRow](items=items, next_cursor=following)


def time_rows(
    database: Database,
    diagnosis_id: str,
    asked: StatisticsFilter,
    cursor: str | None,
    limit: int,
) -> Page[TimeRow]:
    """Gradients over time, in order of run, depth, step."""
    rows, following = _by_layer(
        database, diagnosis_id, asked, cursor, limit, time_profiles, ("times", "gradient_rms")
    )
    items = tuple(
        TimeRow(
            variant=row.variant,
            seed=row.seed,
            round=row.round,
            network=row.network,
            layer=row.name,
            depth=row.depth,
            step=row.step,
            times=json.loads(row.times),
            gradient_rms=json.loads(row.gradient_rms),
        )
        for row in rows
    )
    return Page[TimeRow](items=items, next_cursor=following)


def network_rows(
    database: Database,
    diagnosis_id: str,
    asked: StatisticsFilter,
    cursor: str | None,
    limit: int,
) -> Page[NetworkRow]:
    """Statistics of the whole network, in order of run, step; `asked.layer` says nothing here."""
    metrics = _metrics(asked, NETWORK_STATISTICS)
    table = network_statistics
    query = select(
        runs.c.id,
        runs.c.variant,
        runs.c.seed,
        runs.c.round,
        table.c.step,
        *(table.c[name] for name in metrics),
    ).join(runs, runs.c.id == table.c.run_id)
    rows, following = _page(
        database, diagnosis_id, asked, cursor, limit, table, query, [runs.c.id, table.c.step]
    )
    items = tuple(
        NetworkRow(
            variant=row.variant, seed=row.seed, round=row.round, step=row.step, values=_values(row, metrics)
        )
        for row in rows
    )
    return Page[NetworkRow](items=items, next_cursor=following)


def _by_layer(
    database: Database,
    diagnosis_id: str,
    asked: StatisticsFilter,
    cursor: str | None,
    limit: int,
    table: Table,
    columns: Sequence[str],
) -> tuple[Sequence[Row[Any]], str | None]:
    places = diagnosis_layers
    query = (
        select(
            runs.c.id,
            runs.c.variant,
            runs.c.seed,
            runs.c.round,
            layers.c.network,
            layers.c.name,
            places.c.depth,
            table.c.step,
            *(table.c[name] for name in columns),
        )
        .join(runs, runs.c.id == table.c.run_id)
        .join(
            places,
            (places.c.diagnosis_id == runs.c.diagnosis_id)
            & (places.c.variant == runs.c.variant)
            & (places.c.layer_id == table.c.layer_id),
        )
        .join(layers, layers.c.id == places.c.layer_id)
    )
    if asked.layer is not None:
        query = query.where(layers.c.name == asked.layer)
    return _page(
        database, diagnosis_id, asked, cursor, limit, table, query, [runs.c.id, places.c.depth, table.c.step]
    )


def _page(
    database: Database,
    diagnosis_id: str,
    asked: StatisticsFilter,
    cursor: str | None,
    limit: int,
    table: Table,
    query: Select[Any],
    order: Sequence[Column[Any]],
) -> tuple[Sequence[Row[Any]], str | None]:
    query = query.where(*_conditions(asked, table)).order_by(*order).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(*order) > tuple_(*cursors.decode(cursor, table.name, len(order))))
    with database.read() as connection:
        key = key_of(connection, diagnosis_id)
        _check_variant(connection, key, asked.variant)
        rows = connection.execute(query.where(runs.c.diagnosis_id == key)).all()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], cursors.encode(table.name, *(getattr(last, column.name) for column in order))


def _check_variant(connection: Connection, key: int, variant: str) -> None:
    """Raise MalformedParameter for a variant that was never run; of the baseline it may be too early to say."""
    if variant == BASELINE:
        return
    query = select(runs.c.variant).where(runs.c.diagnosis_id == key).distinct()
    known = set(connection.scalars(query))
    if variant not in known:
        near = difflib.get_close_matches(variant, known, 1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(sorted(known))}."
        raise MalformedParameter(f"The diagnosis has no runs of {variant[:60]!r}. {hint}")


def _conditions(asked: StatisticsFilter, table: Table) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [runs.c.variant == asked.variant]
    if asked.seed is not None:
        wanted.append(runs.c.seed == asked.seed)
    if asked.round is not None:
        wanted.append(runs.c.round == asked.round)
    if asked.first_step is not None:
        wanted.append(table.c.step >= asked.first_step)
    if asked.last_step is not None:
        wanted.append(table.c.step <= asked.last_step)
    return wanted


def _metrics(asked: StatisticsFilter, known: Sequence[str]) -> tuple[str, ...]:
    """The metrics asked for, all where none is; raises MalformedParameter for one that does not exist."""
    for name in asked.metrics:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise MalformedParameter(f"There is no statistic {name!r} here.{hint}")
    return asked.metrics or tuple(known)


def _values(row: Row[Any], metrics: Sequence[str]) -> dict[str, float | None]:
    return {name: getattr(row, name) for name in metrics}
