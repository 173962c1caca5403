"""Hand a run to the workers, by task name. Messages are hints: the row in SQL is what counts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from celery import Celery

from service.errors import ClinicError

EXECUTE_RUN = "gradclinic.execute_run"

_CONNECT_SECONDS = 1.0
_ANSWER_SECONDS = 2.0
"""A frozen broker would hold a request for half a minute; better to give up, since the sweep sends again."""


class QueueUnavailable(ClinicError):
    """The broker does not take messages now; callers log it and go on, because the sweep sends later."""

    code, title, http_status, retry = "queue-unavailable", "The queue cannot be reached", 503, True


class Queue(Protocol):
    """Where messages to the workers go."""

    def send(self, run_id: str) -> None:
        """Tell the workers that this run waits; raises QueueUnavailable within seconds."""

    def ping(self) -> None:
        """Ask whether the broker answers; raises QueueUnavailable within seconds."""


class CeleryQueue:
    """Publishes to the broker that a URL names; safe to share between threads, and to use after a fork."""

    def __init__(self, broker_url: str, name: str = "gradclinic") -> None:
        self._broker_url = broker_url
        self._name = name
        self._app = self._fresh()

    def send(self, run_id: str) -> None:
        """Publish one message; raises QueueUnavailable within about two seconds."""
        with self._quick_failure() as app:
            app.send_task(EXECUTE_RUN, args=[run_id], retry=False, ignore_result=True)

    def ping(self) -> None:
        """Connect anew and ask; raises QueueUnavailable within about two seconds."""
        with self._quick_failure() as app, app.connection_for_write() as connection:
            connection.default_channel.close()

    def close(self) -> None:
        """Let go of every connection; the next message opens a new one."""
        worn, self._app = self._app, self._fresh()
        worn.close()

    @contextmanager
    def _quick_failure(self) -> Iterator[Celery]:
        try:
            yield self._app
        except Exception as error:
            # A connection that failed once may fail for ever: the next message gets a fresh one.
            self.close()
            raise QueueUnavailable(f"The broker does not answer: {error!r}") from error

    def _fresh(self) -> Celery:
        app = Celery("gradclinic", set_as_current=False)
        app.conf.update(messaging(self._broker_url, self._name))
        options = transport_options(self._broker_url) | _impatience(self._broker_url) | {"max_retries": 0}
        app.conf.update(broker_connection_timeout=_CONNECT_SECONDS, broker_transport_options=options)
        return app


def messaging(broker_url: str, name: str) -> dict[str, object]:
    """Celery settings that whoever sends and whoever receives must share."""
    quorum = {"x-queue-type": "quorum"} if scheme(broker_url) in {"amqp", "amqps", "pyamqp"} else None
    queue = {"exchange": name, "exchange_type": "direct", "routing_key": name, "queue_arguments": quorum}
    return {
        "broker_url": "filesystem://" if scheme(broker_url) == "filesystem" else broker_url,
        "broker_transport_options": transport_options(broker_url),
        "task_queues": {name: queue},
        "task_default_queue": name,
        "task_default_exchange": name,
        "task_default_routing_key": name,
        "task_serializer": "json",
        "accept_content": ["json"],
        "result_backend": None,
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        "worker_send_task_events": False,
        "enable_utc": True,
    }


def transport_options(broker_url: str) -> dict[str, object]:
    """Options of the transport that a URL names, for both ends."""
    match scheme(broker_url):
        case "redis" | "rediss":
            return {"socket_keepalive": True, "health_check_interval": 10}
        case "amqp" | "amqps" | "pyamqp":
            return {"confirm_publish": True}
        case "filesystem":
            return _folders(Path(urlsplit(broker_url).path))
        case _:
            return {}


def scheme(broker_url: str) -> str:
    """The kind of broker: `redis` for `redis+socket:///path` too."""
    return urlsplit(broker_url).scheme.partition("+")[0]


def _impatience(broker_url: str) -> dict[str, object]:
    match scheme(broker_url):
        case "redis" | "rediss":
            return {"socket_timeout": _ANSWER_SECONDS, "socket_connect_timeout": _CONNECT_SECONDS}
        case "amqp" | "amqps" | "pyamqp":
            return {"read_timeout": _ANSWER_SECONDS, "write_timeout": _ANSWER_SECONDS}
        case _:
            return {}


def _folders(root: Path) -> dict[str, object]:
    messages, control = root / "messages", root / "control"
    for folder in (messages, control):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "data_folder_in": str(messages),
        "data_folder_out": str(messages),
        "control_folder": str(control),
        "polling_interval": 0.05,
    }
