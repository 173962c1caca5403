"""The one task of a worker, as thin as it can be."""

from collections.abc import Callable

from celery import Celery

from service.queue import EXECUTE_RUN
from workers.pipeline import Station, execute


def register(app: Celery, station: Callable[[], Station]) -> None:
    """Teach a Celery application the task; the station is asked for when a run begins."""

    def execute_run(run_id: str) -> None:
        """Do one run, if it still is to be done."""
        execute(run_id, station())

    app.task(name=EXECUTE_RUN, shared=False, ignore_result=True)(execute_run)
