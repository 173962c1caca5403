"""Send queued runs to the workers: a window of them, so that the order stays with SQL and not with the broker."""

import logging

from service.queue import Queue, QueueUnavailable
from service.settings import Settings
from service.store import runs
from service.store.database import Database

log = logging.getLogger(__name__)


def dispatch(database: Database, queue: Queue, settings: Settings) -> int:
    """Send what the window has room for and return how many were sent; a broker that is down is no error.

    To be called after whatever queues a run or makes room: a new diagnosis, a claim, the end of a run, a sweep.
    """
    waiting = runs.take_for_sending(database, settings.dispatch_window, settings.resend_seconds)
    for sent, run_id in enumerate(waiting):
        try:
            queue.send(run_id)
        except QueueUnavailable as error:
            log.warning("%d queued runs wait for the next sweep: %s", len(waiting) - sent, error.detail)
            runs.unsend(database, waiting[sent:])
            return sent
    return len(waiting)
