import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from service.store import migrating
from service.store.database import Database
from service.store.metadata import metadata
from tests.databases import ENGINES, empty_postgres

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=ENGINES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "postgresql":
        with empty_postgres() as database:
            yield database
        return
    database = Database(f"sqlite:///{tmp_path / 'clinic.db'}")
    yield database
    database.dispose()


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_migrations_make_just_the_tables_that_the_code_knows(empty):
    empty.migrate()
    with empty.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrations_go_up_down_and_up_again(empty):
    empty.migrate()
    assert tables(empty) == set(metadata.tables)
    migrating.downgrade(empty.engine, "base")
    assert tables(empty) == set()
    assert not empty.migrated()
    empty.migrate()
    assert tables(empty) == set(metadata.tables)
    assert empty.migrated()


def test_every_single_migration_can_be_undone(empty):
    revisions = [script.revision for script in migrating.history()]
    for revision in reversed(revisions):
        migrating.upgrade(empty.engine, revision)
    for revision in [*revisions[1:], "base"]:
        migrating.downgrade(empty.engine, revision)
    assert tables(empty) == set()


def test_migrating_twice_changes_nothing(empty):
    empty.migrate()
    empty.migrate()
    assert empty.migrated()


def test_an_empty_database_is_not_migrated(empty):
    assert not empty.migrated()


def migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.dispose()


def test_processes_may_migrate_at_the_same_time(empty):
    empty.dispose()
    url = empty.url.render_as_string(hide_password=False)
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=migrate, args=(url,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert empty.migrated()
    assert tables(empty) == set(metadata.tables)


def test_a_migration_that_fails_leaves_nothing_behind(empty, monkeypatch):
    from alembic import op

    create = op.create_table

    def fail(name: str, *args: object, **options: object) -> object:
        if name == "runs":
            raise RuntimeError("the power goes out")
        return create(name, *args, **options)

    monkeypatch.setattr(op, "create_table", fail)
    with pytest.raises(RuntimeError):
        empty.migrate()
    assert tables(empty) == set()
    monkeypatch.undo()
    empty.migrate()
    assert empty.migrated()


def test_foreign_keys_hold_after_a_migration(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'clinic.db'}")
    database.migrate()
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    database.dispose()


def test_the_alembic_command_works_from_the_checkout(tmp_path):
    url = f"sqlite:///{tmp_path / 'clinic.db'}"
    environment = {"PATH": "/usr/bin:/bin", "GRADCLINIC_DATABASE_URL": url}
    command = [sys.executable, "-m", "alembic"]
    for words in (["upgrade", "head"], ["check"], ["downgrade", "base"]):
        done = subprocess.run([*command, *words], cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
