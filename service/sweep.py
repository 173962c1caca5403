"""Tidy up after whoever died: take back lost runs, move on what nobody moved, send what waits."""

import logging
from threading import Event

from service.advance import advance
from service.dispatch import dispatch
from service.queue import Queue
from service.settings import Settings
from service.store import runs
from service.store.database import Database
from service.store.mind import Mind

log = logging.getLogger(__name__)


def sweep(database: Database, queue: Queue, settings: Settings, mind: Mind) -> None:
    """One round; safe to run many times at once, since every move is a conditional update."""
    taken_back = runs.expire(database, settings.max_attempts)
    if taken_back:
        log.warning("Took back runs of %d diagnoses from workers that fell silent", len(taken_back))
    for diagnosis_id in dict.fromkeys([*taken_back, *runs.unsettled(database)]):
        try:
            advance(database, diagnosis_id, mind)
        except Exception:
            # One diagnosis that cannot move must not hold up the others.
            log.exception("Diagnosis %s could not be moved on", diagnosis_id)
    dispatch(database, queue, settings)


def sweep_forever(database: Database, queue: Queue, settings: Settings, mind: Mind, stopping: Event) -> None:
    """Sweep every `sweep_seconds` until `stopping` is set; a round that fails is logged and tried again."""
    while not stopping.is_set():
        try:
            sweep(database, queue, settings, mind)
        except Exception:
            log.exception("A sweep failed")
        stopping.wait(settings.sweep_seconds)
