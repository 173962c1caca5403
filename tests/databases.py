"""Real databases for tests: a SQLite file, and a PostgreSQL database of its own where a server answers."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from service.store.database import Database
from service.store.measurements import layer_statistics

VARIABLE = "GRADCLINIC_TEST_POSTGRES_URL"
DEFAULT = "postgresql+psycopg://root@127.0.0.1:5432/postgres"

ENGINES = [pytest.param("sqlite"), pytest.param("postgresql", marks=pytest.mark.servers)]
"""Parameters of a `database` fixture."""


@contextmanager
def sqlite_database(folder: Path) -> Iterator[Database]:
    """A migrated SQLite file in a folder."""
    file = folder / "clinic.db"
    file.write_bytes(_migrated_file())
    database = Database(f"sqlite:///{file}")
    yield database
    database.dispose()


@cache
def _migrated_file() -> bytes:
    """A file without rows, to be copied: migrating anew for each test would take most of its time."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "clinic.db"
        database = Database(f"sqlite:///{file}")
        database.migrate()
        database.dispose()
        return file.read_bytes()


@contextmanager
def empty_postgres() -> Iterator[Database]:
    """A PostgreSQL database of its own without tables; skips, and says why, where no server answers."""
    server = os.environ.get(VARIABLE, DEFAULT)
    plain = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        admin = psycopg.connect(plain, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as refused:
        pytest.skip(f"PostgreSQL does not answer at {server} ({VARIABLE}): {str(refused).splitlines()[0]}")
    name = f"gradclinic_test_{secrets.token_hex(4)}"
    admin.execute(f"CREATE DATABASE {name}")
    database = Database(make_url(server).set(database=name).render_as_string(hide_password=False))
    try:
        yield database
    finally:
        database.dispose()
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        admin.close()


@contextmanager
def postgres_database() -> Iterator[Database]:
    """A migrated PostgreSQL database of its own; make one per session and `clear` it between tests."""
    with empty_postgres() as database:
        database.migrate()
        yield database


def clear(database: Database) -> None:
    """Delete every row."""
    with database.begin() as connection:
        for table in reversed(layer_statistics.metadata.sorted_tables):
            connection.execute(table.delete())
