"""Bring a database's tables to a revision: Alembic, driven from here so that nobody needs its command."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, Engine, text


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration without a file: the same as `[tool.alembic]` says, also when installed."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    return config


def head() -> str | None:
    """The newest revision that this release knows."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def history() -> list[Script]:
    """Every revision that this release knows, newest first."""
    return list(ScriptDirectory.from_config(configuration()).walk_revisions())


def current(engine: Engine) -> str | None:
    """The revision that the database is at; None where it is empty."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Migrate up to a revision; who comes second waits for the first and finds nothing to do."""
    with _alone(engine) as connection:
        command.upgrade(configuration(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Migrate down to a revision; `base` is the empty database."""
    with _alone(engine) as connection:
        command.downgrade(configuration(connection), revision)


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """One transaction that nobody else migrates beside: all of a migration happens, or none of it."""
    with engine.connect().execution_options(immediate=True) as connection:
        sqlite = connection.dialect.name == "sqlite"
        driver = connection.connection.driver_connection
        if sqlite and driver is not None:
            # A table that a migration rebuilds must not cascade into its neighbours, and inside a
            # transaction the switch would be ignored.
            driver.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                if not sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('gradclinic migrate'))"))
                yield connection
        finally:
            if sqlite and driver is not None:
                driver.execute("PRAGMA foreign_keys = ON")
