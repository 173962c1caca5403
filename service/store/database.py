"""The database: PostgreSQL in a team, one SQLite file when embedded, the same code for both."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite

from service.store import migrating

BUSY_SECONDS = 30
CONNECT_SECONDS = 5


class Database:
    """A pool of connections; safe to share between threads, to be made anew in each process."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = _address(url)
        self.engine = _engine(self.url, pool_size)
        self._writer = self.engine.execution_options(immediate=True)
        self._reader = self.engine
        if self.dialect == "postgresql":
            self._reader = self.engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @property
    def dialect(self) -> str:
        """`postgresql` or `sqlite`."""
        return self.engine.dialect.name

    def begin(self) -> AbstractContextManager[Connection]:
        """A transaction that writes: committed at the end, rolled back by an exception."""
        return self._writer.begin()

    def read(self) -> AbstractContextManager[Connection]:
        """A transaction that reads one unchanging state, however many statements it takes."""
        return self._reader.begin()

    def migrate(self) -> None:
        """Bring the tables up to date; several processes may try at once."""
        migrating.upgrade(self.engine)

    def migrated(self) -> bool:
        """Whether the tables are those that this release knows; raises where the database does not answer."""
        return migrating.current(self.engine) == migrating.head()

    def ping(self) -> None:
        """Raise where the database does not answer."""
        with self.read() as connection:
            connection.execute(select(text("1")))

    def dispose(self) -> None:
        """Close the idle connections."""
        self.engine.dispose()


def insert(connection: Connection, table: Table) -> "postgresql.Insert | sqlite.Insert":
    """An INSERT that knows ON CONFLICT, which the two engines write alike and SQLAlchemy keeps apart."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def lock(connection: Connection, name: str) -> None:
    """Wait for a lock by name until the end of the transaction; a write on SQLite is alone anyway."""
    if connection.dialect.name == "postgresql":
        statement = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
        connection.execute(statement, {"name": f"gradclinic {name}"})


def _address(url: str) -> URL:
    if "://" not in url:
        return URL.create("sqlite", database=url)
    address = make_url(url)
    if address.drivername in {"postgresql", "postgres"}:
        address = address.set(drivername="postgresql+psycopg")
    if address.drivername in {"postgresql+psycopg", "sqlite", "sqlite+pysqlite"}:
        return address
    raise ValueError(f"A database is postgresql:// or sqlite://, not {address.drivername}://.")


def _engine(url: URL, pool_size: int) -> Engine:
    if url.get_backend_name() == "sqlite":
        if url.database in {None, "", ":memory:"}:
            raise ValueError("A SQLite database is a file: sqlite:///path/to/file.db.")
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            url, pool_size=pool_size, max_overflow=pool_size, connect_args={"timeout": BUSY_SECONDS}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "gradclinic"},
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver would begin only at the first write, and commit behind our back: BEGIN is ours alone.
    connection.isolation_level = None
    for setting in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {setting}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot wait for another writer, so a writer says so at once.
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
