"""What is known of uploaded networks; their bytes lie in files."""

from sqlalchemy import select

from service.schemas.onnx import NetworkFile
from service.store.columns import now
from service.store.database import Database, insert
from service.store.tables import networks


def save(database: Database, info: NetworkFile) -> None:
    """Remember a file; one that is known stays as it is, since its digest says all of it."""
    with database.begin() as connection:
        values = {"digest": info.digest, "description": info.model_dump_json()}
        statement = insert(connection, networks).values(**values, created_at=now())
        connection.execute(statement.on_conflict_do_nothing())


def get(database: Database, digest: str) -> NetworkFile | None:
    """What is known of a file; None where it was never uploaded."""
    with database.read() as connection:
        text = connection.scalar(select(networks.c.description).where(networks.c.digest == digest))
    return None if text is None else NetworkFile.model_validate_json(text)
