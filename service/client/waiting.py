"""From a submission to its report: posted once, watched until it ends, never taken for done when it is not."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from service.client.errors import PASSING, NotChecked, ServiceError
from service.client.http import Client
from service.client.profile import METRIC, last_probe
from service.client.progress import watched
from service.client.report import Report
from service.client.specs import YAML
from service.schemas.diagnosis import Diagnosis
from service.schemas.run import TERMINAL

LONGEST_PAUSE: Final = 2.0
"""Seconds between two questions at most."""
SERVER_FAULT: Final = 500


def diagnosed(
    client: Client,
    submission: str | bytes | Mapping[str, Any],
    *,
    say: Callable[[str], None],
    media_type: str = YAML,
    network: bytes | Path | None = None,
    data: bytes | Path | None = None,
    origin: Mapping[str, str] | None = None,
    timeout: float | None = None,
    notes: tuple[str, ...] = (),
) -> Report:
    """The report of a submission; raises NotChecked where there is no verdict, ServiceError where it is refused."""
    try:
        queued = client.diagnose(
            submission,
            media_type=media_type,
            network=network,
            data=data,
            origin=origin,
            idempotency_key=f"check-{uuid.uuid4()}",
        )
        say(f"  diagnosis {queued.id}")
        ended = watched(_states(client, queued, timeout), say)
        return Report(ended_well(ended), _rows(client, ended), notes)
    except ServiceError as error:
        if error.status >= SERVER_FAULT or error.status in PASSING:
            raise NotChecked(str(error)) from error
        raise


def ended_well(diagnosis: Diagnosis) -> Diagnosis:
    """The diagnosis where it has a verdict; raises NotChecked, saying why, where it has none."""
    if diagnosis.status == "succeeded" and diagnosis.verdict is not None:
        return diagnosis
    error = diagnosis.error
    why = f"{error.whose} error {error.code}: {error.detail}" if error else "there is no verdict"
    problems = "".join(f"\n  {obstacle.message}" for obstacle in error.problems) if error else ""
    raise NotChecked(f"the diagnosis {diagnosis.id} is {diagnosis.status}: {why}{problems}", diagnosis)


def _states(client: Client, queued: Diagnosis, timeout: float | None) -> Iterator[Diagnosis]:
    """The diagnosis as it gets on; it is stopped where the caller stops, and goes on where only time is up."""
    latest, pause = queued, 0.1
    until = None if timeout is None else time.monotonic() + timeout
    try:
        while True:
            yield latest
            if latest.status in TERMINAL:
                return
            if until is not None and time.monotonic() + pause > until:
                raise NotChecked(
                    f"the diagnosis {latest.id} is {latest.status} after {timeout:g} seconds; it goes on",
                    latest,
                )
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.3)
            latest = client.get(latest.id)
    except KeyboardInterrupt:
        client.cancel(latest.id)
        raise


def _rows(client: Client, diagnosis: Diagnosis) -> tuple[Mapping[str, Any], ...]:
    return tuple(client.statistics(diagnosis.id, metric=METRIC, first_step=last_probe(diagnosis)))
