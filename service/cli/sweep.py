"""`gradclinic sweep`: the sweep alone."""

import argparse
import signal
import threading

from service.cli.logs import configure_logs
from service.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Sweep until a signal; any number of sweeps may run at once."""
    from service.mind import mind_of
    from service.queue import CeleryQueue
    from service.store.database import Database
    from service.sweep import sweep_forever

    settings = Settings()
    configure_logs(settings)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    database = Database(settings.database_url.get_secret_value())
    queue = CeleryQueue(settings.broker_url.get_secret_value(), settings.queue)
    sweep_forever(database, queue, settings, mind_of(settings.limits), stopping)
    queue.close()
    database.dispose()
    return 0
