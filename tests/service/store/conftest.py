"""A database to test with: the same tests on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store.database import Database
from tests.databases import ENGINES, clear, postgres_database, sqlite_database


@pytest.fixture(scope="session")
def _postgres() -> Iterator[Database]:
    with postgres_database() as database:
        yield database


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database without rows."""
    if request.param == "sqlite":
        with sqlite_database(tmp_path) as made:
            yield made
        return
    shared: Database = request.getfixturevalue("_postgres")
    yield shared
    clear(shared)
