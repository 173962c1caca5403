"""The web application, made from what it is handed, and the server that runs it."""

import os
import sys

from flask import Flask

from service.api import gate, mounting, problems
from service.api.clinic import attach, open_clinic
from service.queue import CeleryQueue, Queue
from service.settings import Settings
from service.store.database import Database

GRACEFUL_SECONDS = 10


def create_app(settings: Settings, *, database: Database, queue: Queue) -> Flask:
    """The application over this database and queue; nothing is read from the environment."""
    app = Flask(__name__, static_folder=None)
    attach(app, open_clinic(settings, database, queue))
    gate.register(app)
    problems.register(app)
    mounting.register(app)
    return app


def from_environment() -> Flask:
    """The application of one server process, with connections of its own: made after the fork."""
    settings = Settings()
    database = Database(settings.database_url.get_secret_value())
    queue = CeleryQueue(settings.broker_url.get_secret_value(), settings.queue)
    return create_app(settings, database=database, queue=queue)


def server_arguments(settings: Settings) -> list[str]:
    """What to say to gunicorn: threads that may wait, and a stop that does not wait for event streams."""
    return [
        *("--bind", f"{settings.host}:{settings.port}"),
        *("--worker-class", "gthread"),
        *("--workers", str(settings.http_workers)),
        *("--threads", str(settings.http_threads)),
        *("--graceful-timeout", str(GRACEFUL_SECONDS)),
        *("--keep-alive", "15"),
        *("--log-level", settings.log_level),
        "--no-control-socket",
        "service.app:from_environment()",
    ]


def main() -> None:
    """Become the server: `python -m service.app`."""
    arguments = [sys.executable, "-m", "gunicorn", *server_arguments(Settings())]
    os.execv(sys.executable, arguments)  # noqa: S606 - there is nothing of a client's in it


if __name__ == "__main__":
    main()
