import threading
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from service.store.columns import now
from service.store.database import Database, insert, lock
from service.store.tables import projects, runs


def add(connection, name: str) -> None:
    connection.execute(insert(connection, projects).values(name=name, created_at=now()))


def names(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.scalars(select(projects.c.name).order_by(projects.c.id)))


def test_a_transaction_is_kept_at_its_end(database):
    with database.begin() as connection:
        add(connection, "kept")
    assert names(database) == ["kept"]


def test_an_exception_undoes_all_of_it(database):
    with pytest.raises(IntegrityError), database.begin() as connection:  # noqa: PT012
        add(connection, "undone")
        add(connection, "undone")
    assert names(database) == []


def test_readers_see_one_unchanging_state(database):
    with database.begin() as connection:
        add(connection, "before")
    with database.read() as reader:
        query = select(projects.c.name)
        assert list(reader.scalars(query)) == ["before"]
        with database.begin() as writer:
            add(writer, "after")
        assert list(reader.scalars(query)) == ["before"]
    assert names(database) == ["before", "after"]


def test_writers_that_read_first_wait_for_each_other(database):
    """On SQLite a transaction that turns from reading to writing would fail at once instead."""
    faults: list[BaseException] = []

    def count(place: int) -> None:
        try:
            for step in range(5):
                with database.begin() as connection:
                    lock(connection, "count")
                    seen = len(list(connection.scalars(select(projects.c.id))))
                    add(connection, f"{place} {step} {seen}")
        except DBAPIError as fault:
            faults.append(fault)

    threads = [threading.Thread(target=count, args=(place,)) for place in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert [int(name.split()[2]) for name in names(database)] == list(range(30))


def test_foreign_keys_hold(database):
    values = {
        "public_id": "x",
        "diagnosis_id": 99,
        "role": "baseline",
        "variant": "v",
        "seed": 0,
        "status": "queued",
    }
    numbers = {"attempt": 0, "forgiven": 0, "step": 0, "steps": 1}
    with pytest.raises(IntegrityError), database.begin() as connection:
        connection.execute(runs.insert().values(**values, **numbers, created_at=now()))


def test_a_database_that_answers_can_be_pinged(database):
    database.ping()
    assert database.migrated()


def test_a_database_that_does_not_answer_cannot():
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(OperationalError):
        database.ping()


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgresql://u:p@host/db", "postgresql+psycopg"),
        ("postgres://u:p@host/db", "postgresql+psycopg"),
        ("postgresql+psycopg://u:p@host/db", "postgresql+psycopg"),
    ],
)
def test_addresses_of_postgresql_mean_one_driver(url, driver):
    database = Database(url)
    assert database.url.drivername == driver
    assert database.url.password == "p"
    assert database.dialect == "postgresql"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/db"])
def test_other_addresses_are_refused(url):
    with pytest.raises(ValueError):
        Database(url)


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
def test_a_file_is_named_by_its_path_or_its_address(tmp_path, monkeypatch, form):
    monkeypatch.chdir(tmp_path)
    for place in ("clinic.db", str(tmp_path / "deeper" / "clinic.db")):
        database = Database(form.format(place))
        database.migrate()
        database.dispose()
    assert Path("clinic.db").exists()
    assert Path("deeper/clinic.db").exists()


def test_a_sqlite_file_is_read_while_it_is_written(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'clinic.db'}")
    with database.read() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.dispose()
    assert settings == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 30_000}
