"""One run from claim to last row, top to bottom."""

import logging
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from service.advance import advance
from service.dispatch import dispatch
from service.queue import Queue
from service.schemas.data import DatasetData, DatasetInfo
from service.schemas.onnx import Imported, OnnxSpec
from service.schemas.run import Failure, Outcome
from service.schemas.submission import Submission
from service.settings import Settings
from service.store import datasets, runs
from service.store.database import Database
from service.store.files import DatasetFiles, NetworkFiles
from service.store.mind import Mind
from service.store.runs import Claim
from workers import artifacts
from workers.logbook import Logbook
from workers.messages import Assignment, Batch, Failed, Finished, Message, Validated
from workers.process import Child, ChildLost, Nursery
from workers.slots import Slot, Slots

log = logging.getLogger(__name__)

LISTEN_SECONDS = 0.1
"""How long at most a cancellation, a deadline or a shutdown waits to be looked at."""


@dataclass(frozen=True)
class Station:
    """What a worker works with; shared by its threads."""

    settings: Settings
    database: Database
    queue: Queue
    mind: Mind
    nursery: Nursery
    slots: Slots
    stopping: Event
    """Set when the worker shuts down: runs in progress go back to the queue at once."""


class Interrupted(Exception):
    """The worker shuts down; another one is to do the run, and this attempt does not count."""


class Lost(Exception):
    """The run is not ours any more: canceled, deleted, or taken over after the lease ran out."""


class RunFailed(Exception):
    """This attempt came to nothing; `retry` where another one may do better."""

    def __init__(self, failure: Failure, *, retry: bool) -> None:
        super().__init__(failure.detail)
        self.failure = failure
        self.retry = retry


def execute(run_id: str, station: Station) -> None:
    """Do a run if it is to be had, and move its diagnosis on; a message too many does nothing."""
    with station.slots.take() as slot:
        if station.stopping.is_set():
            runs.unsend(station.database, [run_id])
            return
        claim = _claim(run_id, slot, station)
        if claim is None:
            log.info("Run %s is not to be had", run_id)
            return
        # The claim made room in the window of sent messages.
        dispatch(station.database, station.queue, station.settings)
        _attempt(claim, slot, station)
    advance(station.database, claim.diagnosis_id, station.mind)
    dispatch(station.database, station.queue, station.settings)


def _claim(run_id: str, slot: Slot, station: Station) -> Claim | None:
    settings = station.settings
    owner = f"{socket.gethostname()}:{os.getpid()}:{slot.number}"
    return runs.claim(
        station.database, run_id, owner, settings.lease_seconds, settings.max_attempts, settings.limits
    )


def _attempt(claim: Claim, slot: Slot, station: Station) -> None:
    """One attempt, whose end is written down whatever it is; only a database that does not answer raises."""
    log.info("Run %s begins, attempt %d on %s", claim.run_id, claim.attempt, slot.gpu or slot.device)
    database = station.database
    try:
        match _work(claim, slot, station):
            case Outcome() as outcome:
                runs.finish(database, claim, outcome)
                log.info("Run %s ended after %d steps: %s", claim.run_id, outcome.steps_run, outcome.stopped)
            case Imported() as imported:
                runs.validated(database, claim, imported)
                log.info("Run %s found a network of %d layers", claim.run_id, len(imported.layers))
    except Lost:
        log.info("Run %s was canceled or taken over", claim.run_id)
    except Interrupted:
        log.info("Run %s goes back to the queue: this worker stops", claim.run_id)
        runs.release(database, claim, forgiven=True)
    except RunFailed as error:
        log.warning("Run %s came to nothing in attempt %d: %s", claim.run_id, claim.attempt, error)
        if error.retry and claim.counted < station.settings.max_attempts:
            runs.release(database, claim)
        else:
            runs.fail(database, claim, error.failure)


def _work(claim: Claim, slot: Slot, station: Station) -> Outcome | Imported:
    """Train in a child, or validate, and write down what it sends; raises RunFailed, Interrupted or Lost."""
    validates, limits = claim.order.role == "validation", claim.order.limits
    seconds = limits.validation_seconds if validates else limits.run_seconds
    try:
        return _supervise(claim, slot, station, time.monotonic() + seconds)
    except RunFailed as error:
        if not validates or error.failure.code == "data-missing":
            raise
        raise _refused(error.failure) from error


def _supervise(claim: Claim, slot: Slot, station: Station, deadline: float) -> Outcome | Imported:
    logbook = Logbook(station.database, claim, station.settings)
    assignment = _assignment(claim, slot, station)
    try:
        with station.nursery.start(assignment) as child:
            while True:
                ended = _take(_listen(child), claim, logbook, station)
                if ended is not None:
                    return ended
                if station.stopping.is_set():
                    raise Interrupted
                if not logbook.keep():
                    raise Lost
                if time.monotonic() > deadline:
                    raise _out_of_time(claim, logbook.step)
                if station.settings.memory_watch and child.grown_bytes() > claim.order.limits.run_bytes:
                    raise _out_of_memory(claim)
    finally:
        if assignment.artifact_path is not None:
            Path(assignment.artifact_path).unlink(missing_ok=True)


def _take(
    message: Message | None, claim: Claim, logbook: Logbook, station: Station
) -> Outcome | Imported | None:
    """Write down what the child says; how the run ended, where that was its last word."""
    role = claim.order.role
    match message:
        case Batch() as batch:
            _record(batch, logbook)
        case Validated(imported=imported) if role == "validation":
            return imported
        case Validated(imported=imported) if role == "trial":
            _describe(imported, claim, logbook, station)
        case Finished(outcome=outcome, written=written) if role != "validation":
            if not logbook.write():
                raise Lost
            return _with_network(outcome, claim, station) if written else outcome
        case Failed(failure=failure, retry=retry):
            raise RunFailed(failure, retry=retry)
        case Validated() | Finished():
            raise _crashed("it sent a message that is not for this kind of run")
    return None


def _with_network(outcome: Outcome, claim: Claim, station: Station) -> Outcome:
    part = artifacts.place_for(claim.order, station.settings)
    if part is None:
        return outcome
    limit = claim.order.limits.network_bytes
    digest = artifacts.keep(part, limit, station.settings, station.database)
    return outcome.model_copy(update={"network": digest})


def _assignment(claim: Claim, slot: Slot, station: Station) -> Assignment:
    settings, submission = station.settings, claim.order.submission
    info, dataset_path = _dataset(submission, station)
    artifact = artifacts.place_for(claim.order, settings)
    # The driver of a GPU reserves far more than it uses: there only what is really held counts.
    limited = settings.memory_watch and slot.device == "cpu"
    return Assignment(
        order=claim.order,
        device=slot.device,
        gpu=slot.gpu,
        threads=settings.torch_threads,
        dataset=info,
        dataset_path=dataset_path,
        network_path=_network(submission, settings),
        artifact_path=None if artifact is None else str(artifact),
        memory_bytes=claim.order.limits.run_bytes if limited else None,
    )


def _dataset(submission: Submission, station: Station) -> tuple[DatasetInfo | None, str | None]:
    if not isinstance(submission.data, DatasetData):
        return None, None
    digest = submission.data.digest
    info = datasets.get(station.database, digest)
    path = DatasetFiles(station.settings.datasets_dir).path(digest)
    if info is None or not path.is_file():
        raise _missing(f"The data set {digest}")
    return info, str(path)


def _network(submission: Submission, settings: Settings) -> str | None:
    if not isinstance(submission.network, OnnxSpec):
        return None
    path = NetworkFiles(settings.networks_dir).path(submission.network.onnx)
    if not path.is_file():
        raise _missing(f"The network {submission.network.onnx}")
    return str(path)


def _missing(what: str) -> RunFailed:
    detail = f"{what} does not lie where this worker looks: do workers and API share it?"
    return RunFailed(Failure(whose="service", code="data-missing", detail=detail), retry=True)


def _listen(child: Child) -> Message | None:
    try:
        return child.receive(LISTEN_SECONDS)
    except ChildLost as error:
        raise _crashed(error.reason) from error


def _record(batch: Batch, logbook: Logbook) -> None:
    try:
        logbook.add(batch)
    except ValueError as error:
        raise _crashed(str(error)) from error


def _describe(imported: Imported, claim: Claim, logbook: Logbook, station: Station) -> None:
    described = runs.described(station.database, claim, imported)
    if described is None:
        raise Lost
    try:
        logbook.learn_layers(described)
    except ValueError as error:
        raise _crashed(str(error)) from error


def _refused(failure: Failure) -> RunFailed:
    """A validation that came to nothing is the file's fault, also where its process died, and is not tried again."""
    if failure.whose == "service" and failure.code == "crashed":
        detail = f"The network is refused: {failure.detail}"
        failure = Failure(whose="client", code="cannot-import", detail=detail)
    return RunFailed(failure, retry=False)


def _crashed(reason: str) -> RunFailed:
    detail = f"The process of the run ended before its time: {reason}."
    return RunFailed(Failure(whose="service", code="crashed", detail=detail), retry=True)


def _out_of_time(claim: Claim, step: int) -> RunFailed:
    seconds = claim.order.limits.validation_seconds
    given_up = f"Looking into the network took longer than {seconds:g} seconds (limit `validation_seconds`)."
    detail = (
        given_up
        if claim.order.role == "validation"
        else (
            f"The run was stopped after {claim.order.limits.run_seconds:g} seconds (limit `run_seconds`), having done"
            f" {step} of {claim.order.steps} steps: ask for fewer steps, a smaller batch or a smaller network."
        )
    )
    return RunFailed(Failure(whose="client", code="out-of-time", detail=detail), retry=False)


def _out_of_memory(claim: Claim) -> RunFailed:
    detail = (
        f"The run was stopped when it held more than {claim.order.limits.run_bytes:,} bytes (limit `run_bytes`):"
        " use a smaller batch or a smaller network."
    )
    return RunFailed(Failure(whose="client", code="out-of-memory", detail=detail), retry=True)
