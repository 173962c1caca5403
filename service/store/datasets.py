"""What is known of uploaded data sets; their bytes lie in files."""

from sqlalchemy import Connection, select

from service.schemas.data import DatasetInfo
from service.store.columns import now
from service.store.database import Database, insert
from service.store.tables import datasets


def save(database: Database, info: DatasetInfo) -> None:
    """Remember a data set; one that is known stays as it is, since its digest says all of it."""
    with database.begin() as connection:
        values = {"digest": info.digest, "description": info.model_dump_json()}
        statement = insert(connection, datasets).values(**values, created_at=now())
        connection.execute(statement.on_conflict_do_nothing())


def get(database: Database, digest: str) -> DatasetInfo | None:
    """What is known of a data set; None where it was never uploaded."""
    with database.read() as connection:
        return find(connection, digest)


def find(connection: Connection, digest: str) -> DatasetInfo | None:
    """The same within a transaction."""
    text = connection.scalar(select(datasets.c.description).where(datasets.c.digest == digest))
    return None if text is None else DatasetInfo.model_validate_json(text)
