"""The numbers that stand for names: projects, and the layers of a project."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select
from sqlalchemy import insert as plain_insert

from service.schemas.plan import Layer
from service.store.columns import now
from service.store.database import insert
from service.store.tables import diagnosis_layers, layers, projects

Variants = Mapping[str, Sequence[Layer]]
"""The layers of each variant, by its name."""

Key = tuple[str, str, str]
"""Network, name and type: what a layer is known by within a project."""

FEW = 500
"""Names that are asked for one by one; with more, the whole dictionary is read."""


def enter_project(connection: Connection, name: str) -> int:
    """The number of a project, new or known; its row stays locked, so a project is written to in turn."""
    statement = insert(connection, projects).values(name=name, created_at=now())
    # An update that changes nothing: it locks the row and returns its number, where DO NOTHING does neither.
    kept = statement.on_conflict_do_update(index_elements=["name"], set_={"name": statement.excluded.name})
    return int(connection.scalars(kept.returning(projects.c.id)).one())


def enter_layers(connection: Connection, project: int, diagnosis: int, variants: Variants) -> None:
    """Write the layers of variants, by depth, with those that are new to the project's dictionary."""
    wanted = {_key(layer): layer.family for plan in variants.values() for layer in plan}
    if not wanted:
        return
    known = _enter(connection, project, wanted)
    places = [
        {
            "diagnosis_id": diagnosis,
            "variant": variant,
            "depth": layer.depth,
            "layer_id": known[_key(layer)],
        }
        for variant, plan in variants.items()
        for layer in plan
    ]
    connection.execute(plain_insert(diagnosis_layers), places)


def _enter(connection: Connection, project: int, wanted: Mapping[Key, str]) -> dict[Key, int]:
    # In order of their names: two that enter the same layers wait for each other, but never in a circle.
    values = [
        {"project_id": project, "network": network, "name": name, "type": kind, "family": family}
        for (network, name, kind), family in sorted(wanted.items())
    ]
    connection.execute(insert(connection, layers).on_conflict_do_nothing(), values)
    query = select(layers).where(layers.c.project_id == project)
    if len(wanted) < FEW:
        query = query.where(layers.c.name.in_({name for _, name, _ in wanted}))
    return {(row.network, row.name, row.type): row.id for row in connection.execute(query)}


def _key(layer: Layer) -> Key:
    return layer.network, layer.name, layer.type
