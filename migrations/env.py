"""Alembic's way in: the connection that the service hands over, or the database that the environment names."""

import os

from alembic import context
from sqlalchemy import Connection

from service.store.database import Database
from service.store.measurements import layer_statistics

URL = "GRADCLINIC_DATABASE_URL"


def migrate(connection: Connection) -> None:
    """Run the migrations on a connection, inside the transaction that it is in."""
    context.configure(connection=connection, target_metadata=layer_statistics.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Migrate on the connection that was handed over, or on one of our own."""
    given = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    url = os.environ.get(URL)
    if url is None:
        raise SystemExit(f"Set {URL} to say which database.")
    database = Database(url)
    with database.begin() as connection:
        migrate(connection)
    database.dispose()


main()
