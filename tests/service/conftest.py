"""A database for tests of the modules that stand on the store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store.database import Database
from tests.databases import sqlite_database


@pytest.fixture
def clinic_database(tmp_path: Path) -> Iterator[Database]:
    """A migrated SQLite file without rows."""
    with sqlite_database(tmp_path) as database:
        yield database
