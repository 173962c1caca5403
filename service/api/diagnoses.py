"""Diagnoses: create, list, read, cancel, judge again, delete."""

import logging
from typing import Annotated

from flask import Blueprint, url_for
from pydantic import Field

from service import dispatch
from service.api import prefer
from service.api.clinic import Clinic, clinic
from service.api.edge import Reply, gives, takes
from service.api.forms import FORM, Form
from service.api.judging import book, judge_options
from service.api.parameters import Cursor, Moment, Word, next_link
from service.api.parse import Body
from service.api.submissions import accepted
from service.diagnosis import engine
from service.errors import Conflict, IdempotencyMismatch, NotFound
from service.schemas.base import Input
from service.schemas.body.reading import JSON_TYPES, MEDIA_TYPES
from service.schemas.diagnosis import Diagnosis, DiagnosisSummary, Judgement
from service.schemas.page import Page
from service.schemas.policy import JudgeOptions
from service.schemas.query import DiagnosisFilter
from service.schemas.run import TERMINAL
from service.schemas.submission import Submission
from service.store import diagnoses

log = logging.getLogger(__name__)
blueprint = Blueprint("diagnoses", __name__)

POLL_SECONDS = 1
Answer = tuple[Diagnosis, int, dict[str, str]]


class CreateHeaders(Input):
    """How a submission is taken."""

    idempotency_key: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None, alias="Idempotency-Key"
    )
    """Any text of your own: sent again with the same body, the first diagnosis is answered and nothing is run."""
    prefer: str = Field(default="", alias="Prefer")
    """`wait=30` holds the answer until the diagnosis has ended, or for so many seconds (at most 60)."""


class DiagnosesQuery(DiagnosisFilter):
    """Filters, all of which must hold, and the page."""

    project: Word | None = None
    branch: Word | None = None
    commit: Word | None = None
    rule: Word | None = None
    """Name of a rule that found something."""
    layer: Word | None = None
    """Name of a layer that a finding speaks of."""
    created_after: Moment | None = None
    """Created at this time or later, e.g. `2026-01-31T00:00:00Z`."""
    created_before: Moment | None = None
    """Created before this time."""
    cursor: Cursor | None = None
    """`next_cursor` of the page before."""
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    """Diagnoses on a page."""


@blueprint.post("/diagnoses")
@takes(headers=CreateHeaders, body=Submission, media_types=MEDIA_TYPES, form=FORM)
@gives(
    Reply(
        202,
        Diagnosis,
        "Stored; the work goes on",
        {
            "Location": "Where the diagnosis is",
            "Retry-After": "Seconds until it is worth asking again",
            "Preference-Applied": "The wait that was kept",
            "Idempotency-Replayed": "`true` where the key was known",
        },
    ),
    Reply(201, Diagnosis, "Stored, and it has ended already", {"Location": "Where the diagnosis is"}),
    refuses=(IdempotencyMismatch,),
)
def create(headers: CreateHeaders, body: Body | Form) -> Answer:
    """Submit a network for diagnosis.

    The answer comes at once with 202, and the diagnosis is worked on: ask for it at `Location`, follow its
    events, or send `Prefer: wait=N` to get it finished (201) if it ends in time. The same `Idempotency-Key`
    with the same body never runs anything twice.

    A network from an ONNX file and its data can be uploaded before (`PUT /v1/networks/{digest}`,
    `PUT /v1/datasets/{digest}`) and be named by their digests, or come along in one form:
    `curl -F spec=@submission.yaml -F model=@network.onnx -F data=@data.npz HOST/v1/diagnoses`. A worker reads the
    file first (phase `validating`); what cannot be trained is then told in `error`, all of it at once.
    """
    here = clinic()
    created = diagnoses.create(
        here.database,
        accepted(body),
        body_digest=body.digest,
        idempotency_key=headers.idempotency_key,
    )
    _dispatch(here)
    location = {"Location": url_for("diagnoses.get", diagnosis_id=created.id)}
    if created.replayed:
        location["Idempotency-Replayed"] = "true"
    return _waited(created.id, prefer.wait(headers.prefer), location)


@blueprint.get("/diagnoses")
@takes(query=DiagnosesQuery)
@gives(Reply(200, Page[DiagnosisSummary], "Diagnoses, newest first", {"Link": "The next page"}))
def index(query: DiagnosesQuery) -> tuple[Page[DiagnosisSummary], int, dict[str, str]]:
    """List diagnoses."""
    page = diagnoses.page(clinic().database, query, query.cursor, query.limit)
    return page, 200, next_link(page.next_cursor)


@blueprint.get("/diagnoses/<id:diagnosis_id>")
@gives(Reply(200, Diagnosis, "The diagnosis as it is now"), refuses=(NotFound,))
def get(diagnosis_id: str) -> Diagnosis:
    """Read a diagnosis.

    It has ended when `status` is `succeeded`, `failed` or `canceled`.
    """
    return diagnoses.get(clinic().database, diagnosis_id)


@blueprint.post("/diagnoses/<id:diagnosis_id>/cancel")
@gives(Reply(200, Diagnosis, "The diagnosis as it is now"), refuses=(NotFound,))
def cancel(diagnosis_id: str) -> Diagnosis:
    """Stop the work on a diagnosis.

    Runs that are under way are killed within a second. One that has ended stays as it is.
    """
    return diagnoses.cancel(clinic().database, diagnosis_id)


@blueprint.post("/diagnoses/<id:diagnosis_id>/judge")
@takes(body=JudgeOptions, media_types=JSON_TYPES)
@gives(Reply(200, Judgement, "What is said of the evidence"), refuses=(NotFound, Conflict))
def judge(diagnosis_id: str, body: Body) -> Judgement:
    """Judge stored evidence again.

    Reads what was measured and judges it with other options or a newer rule book: nothing runs, nothing is stored,
    and the diagnosis stays as it is. Runs that have not succeeded yet are left out.
    """
    here = clinic()
    options = judge_options(body, here.settings.limits)
    evidence = diagnoses.evidence(here.database, diagnosis_id)
    if not evidence.runs:
        raise Conflict("There is nothing to judge: no run of this diagnosis has succeeded yet.")
    return engine.judge(evidence, book(options))


@blueprint.delete("/diagnoses/<id:diagnosis_id>")
@gives(Reply(204, None, "It is gone"), refuses=(NotFound,))
def delete(diagnosis_id: str) -> None:
    """Delete a diagnosis.

    Everything measured for it goes too, and its work is stopped.
    """
    diagnoses.delete(clinic().database, diagnosis_id)


def _dispatch(here: Clinic) -> None:
    try:
        dispatch.dispatch(here.database, here.queue, here.settings)
    except Exception:
        # It is stored, so the sweep will send it: the client has nothing to do about this.
        log.exception("cannot dispatch after a submission")


def _waited(diagnosis_id: str, seconds: int | None, headers: dict[str, str]) -> Answer:
    here = clinic()
    if seconds is not None and here.long_lived.acquire(blocking=False):
        try:
            here.watcher.end(diagnosis_id, seconds)
        finally:
            here.long_lived.release()
        headers["Preference-Applied"] = f"wait={seconds}"
    diagnosis = diagnoses.get(here.database, diagnosis_id)
    if diagnosis.status in TERMINAL:
        return diagnosis, 201, headers
    return diagnosis, 202, {**headers, "Retry-After": str(POLL_SECONDS)}
