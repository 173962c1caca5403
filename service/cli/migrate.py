"""`gradclinic migrate`: bring the database to this version's schema."""

import argparse

from service.cli.logs import configure_logs
from service.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Apply what is missing; safe to run many times at once."""
    from service.store.database import Database

    settings = Settings()
    configure_logs(settings)
    database = Database(settings.database_url.get_secret_value())
    database.migrate()
    database.dispose()
    print("The database is at this version's schema.")
    return 0
