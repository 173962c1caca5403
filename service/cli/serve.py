"""`gradclinic serve`: the embedded deployment, everything from one command."""

import argparse
import os
import socket
import sys
from contextlib import ExitStack

from service.cli.logs import configure_logs
from service.cli.processes import keep, python
from service.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Bring the database up to date, then keep broker, API, worker and sweep running until a signal."""
    from service.broker import AlreadyRunning, Broker, embedded_broker, make_private
    from service.store.database import Database

    settings = Settings()
    configure_logs(settings)
    if (taken := why_not(settings.host, settings.port)) is not None:
        print(f"gradclinic: {taken} Choose another with GRADCLINIC_PORT or GRADCLINIC_HOST.", file=sys.stderr)
        return 1
    with ExitStack() as stack:
        make_private(settings.data_dir)
        broker = Broker(settings.broker_url.get_secret_value())
        if settings.embedded_broker:
            try:
                broker = stack.enter_context(embedded_broker(settings))
            except AlreadyRunning as error:
                print(
                    f"gradclinic: {error} Stop it, or set GRADCLINIC_DATA_DIR to another place.",
                    file=sys.stderr,
                )
                return 1
        database = Database(settings.database_url.get_secret_value())
        database.migrate()
        database.dispose()
        print(
            f"Gradient Clinic starts on http://{settings.host}:{settings.port} (data in {settings.data_dir})",
            flush=True,
        )
        keep(
            {
                "api": python("-m", "service.cli", "api"),
                "worker": python("-m", "service.cli", "worker"),
                "sweep": python("-m", "service.cli", "sweep"),
            },
            os.environ | {"GRADCLINIC_DATA_DIR": str(settings.data_dir), "GRADCLINIC_BROKER_URL": broker.url},
            broker.look,
        )
    return 0


def why_not(host: str, port: int) -> str | None:
    """Why nothing can listen there, in a sentence; None where it can."""
    try:
        (family, kind, protocol, _, address), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(family, kind, protocol) as probe:
            # As the server does: connections of a server that has just ended are no hindrance.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        return f"The API cannot listen on {host}:{port}: {error.strerror}."
    return None
