"""The Celery application of a worker, started by `python -m workers` or by `celery -A workers.app worker`."""

import logging
import os
import socket
from functools import cache
from threading import Event

from celery import Celery, signals
from celery.worker.consumer import Consumer

from service.mind import mind_of
from service.queue import CeleryQueue, messaging, scheme
from service.settings import Settings
from service.store.database import Database
from service.store.mind import Mind
from workers.pipeline import Station
from workers.process import Nursery
from workers.slots import Slots, arrange
from workers.tasks import register

IDLE_SECONDS = 0.05
"""Pause at most between the end of a run and the look for the next message."""

log = logging.getLogger(__name__)


def main() -> int:
    """Work until SIGTERM; the exit status of the process."""
    settings = Settings()
    worker = create_app(settings).Worker(
        hostname=f"gradclinic-{os.getpid()}@{socket.gethostname()}",
        pool="threads",
        loglevel=settings.log_level.upper(),
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    worker.start()
    return worker.exitcode or 0


def create_app(settings: Settings, mind: Mind | None = None) -> Celery:
    """A Celery application that does runs; its station is built when a worker starts, and not before."""
    app = Celery("gradclinic")
    broker_url = settings.broker_url.get_secret_value()
    app.conf.update(messaging(broker_url, settings.queue))
    app.conf.update(
        worker_pool="threads",
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=scheme(broker_url) in {"redis", "rediss"},
        # The row in SQL says who works on what; a message that comes back would only be dropped.
        task_acks_late=False,
        worker_enable_remote_control=False,
        worker_disable_rate_limits=True,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_redirect_stdouts=False,
        worker_proc_alive_timeout=60,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
    )
    stations: list[Station] = []

    def begin(**_: object) -> None:
        stations.append(open_station(settings, mind or mind_of(settings.limits)))
        app.conf.worker_concurrency = len(stations[0].slots)

    def stop(**_: object) -> None:
        for station in stations:
            station.stopping.set()

    def hasten(sender: Consumer, **_: object) -> None:
        # A worker that was full looks for the next message when its loop turns: once a second by itself.
        if sender.hub is not None:
            sender.hub.call_repeatedly(IDLE_SECONDS, int)

    signals.celeryd_init.connect(begin, weak=False)
    signals.worker_ready.connect(hasten, weak=False)
    signals.worker_shutting_down.connect(stop, weak=False)
    register(app, lambda: stations[0])
    return app


def open_station(settings: Settings, mind: Mind) -> Station:
    """Start what a worker works with; before any thread is started, since it forks."""
    nursery = Nursery()
    slots = Slots(arrange(settings.device, settings.slots, nursery.open(), os.environ))
    log.info("%d slots, %s", len(slots), settings.device)
    return Station(
        settings=settings,
        database=Database(settings.database_url.get_secret_value(), pool_size=len(slots) + 2),
        queue=CeleryQueue(settings.broker_url.get_secret_value(), settings.queue),
        mind=mind,
        nursery=nursery,
        slots=slots,
        stopping=Event(),
    )


@cache
def _from_environment() -> Celery:
    return create_app(Settings())


def __getattr__(name: str) -> Celery:
    """`app`, which Celery's own command looks for; the settings are read when it does, not at import."""
    if name == "app":
        return _from_environment()
    raise AttributeError(name)
