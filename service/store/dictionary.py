"""The numbers that stand for names: projects, and the layers of a project."""

from collections.abc import Sequence

from sqlalchemy import Connection, select
from sqlalchemy import insert as plain_insert

from service.schemas.plan import Layer
from service.store.columns import now
from service.store.database import insert
from service.store.tables import diagnosis_layers, layers, projects


def enter_project(connection: Connection, name: str) -> int:
    """The number of a project, new or known; its row stays locked, so a project is written to in turn."""
    statement = insert(connection, projects).values(name=name, created_at=now())
    # An update that changes nothing: it locks the row and returns its number, where DO NOTHING does neither.
    kept = statement.on_conflict_do_update(index_elements=["name"], set_={"name": statement.excluded.name})
    return int(connection.scalars(kept.returning(projects.c.id)).one())


def enter_layers(connection: Connection, project: int, diagnosis: int, plan: Sequence[Layer]) -> None:
    """Write a diagnosis's layers, by depth, with those that are new to the project's dictionary."""
    wanted = [
        {
            "project_id": project,
            "network": layer.network,
            "name": layer.name,
            "type": layer.type,
            "family": layer.family,
        }
        for layer in plan
    ]
    if not wanted:
        return
    connection.execute(insert(connection, layers).on_conflict_do_nothing(), wanted)
    query = select(layers).where(layers.c.project_id == project)
    if len(plan) < 500:
        query = query.where(layers.c.name.in_({layer.name for layer in plan}))
    known = {(row.network, row.name, row.type): row.id for row in connection.execute(query)}
    places = [
        {
            "diagnosis_id": diagnosis,
            "depth": layer.depth,
            "layer_id": known[layer.network, layer.name, layer.type],
        }
        for layer in plan
    ]
    connection.execute(plain_insert(diagnosis_layers), places)
