"""Move a diagnosis on when its runs have ended; who ends a run calls it, and the sweep for those who could not."""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import ParamSpec, TypeVar

from pydantic import ValidationError

from service.schemas.run import Failure, Status
from service.store import diagnoses
from service.store.database import Database
from service.store.mind import Mind, UnsoundMove

log = logging.getLogger(__name__)

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


class _JudgingFailed(Exception):
    """The judge itself broke: a fault of ours, which trying again would only repeat."""


class _TryingFailed(Exception):
    """What chooses or compares remedies broke: a fault of ours that the verdict has no part in."""


def advance(database: Database, diagnosis_id: str, mind: Mind) -> Status | None:
    """Judge a diagnosis whose runs have all ended, or go on with its trials; None where there is nothing to do yet.

    Safe to call at any time and many times at once. A judge that raises fails the diagnosis, so that it does not
    stay open for ever, and so does evidence that another release stored and this one cannot read. Trials that raise
    end the diagnosis with its verdict and that error beside it. An error of the database is raised, and the next sweep
    tries again.
    """
    try:
        return diagnoses.settle(database, diagnosis_id, _guarded(mind))
    except (_TryingFailed, UnsoundMove) as error:
        log.exception("Remedies of diagnosis %s cannot be tried", diagnosis_id)
        detail = f"The verdict stands, but trying remedies failed: {error.__cause__ or error!r}"
        failure = Failure(whose="service", code="trying-failed", detail=detail)
        # The judge may be asked a second time, now that nobody asks for remedies.
        return _settled_without_trials(database, diagnosis_id, mind, failure)
    except _JudgingFailed as error:
        log.exception("Diagnosis %s cannot be judged", diagnosis_id)
        return _fail(database, diagnosis_id, f"judging it failed: {error.__cause__!r}")
    except ValidationError as error:
        log.exception("Diagnosis %s cannot be read", diagnosis_id)
        fault = error.errors(include_input=False, include_url=False)[0]
        place = "/".join(map(str, fault["loc"]))
        return _fail(database, diagnosis_id, f"this release cannot read it: {place}: {fault['msg']}")


def _settled_without_trials(
    database: Database, diagnosis_id: str, mind: Mind, failure: Failure
) -> Status | None:
    try:
        return diagnoses.settle(database, diagnosis_id, _guarded(Mind(mind.judge)), error=failure)
    except _JudgingFailed as error:
        return _fail(database, diagnosis_id, f"judging it failed: {error.__cause__!r}")


def _fail(database: Database, diagnosis_id: str, reason: str) -> Status | None:
    failure = Failure(whose="service", code="judging-failed", detail=f"The evidence is stored, but {reason}")
    return diagnoses.fail(database, diagnosis_id, failure)


def _guarded(mind: Mind) -> Mind:
    return replace(
        mind,
        judge=_telling(mind.judge, _JudgingFailed),
        begin=_telling(mind.begin, _TryingFailed),
        go_on=_telling(mind.go_on, _TryingFailed),
        judged=_telling(mind.judged, _TryingFailed),
        conclude=_telling(mind.conclude, _TryingFailed),
    )


def _telling(function: Callable[Asked, Answer], kind: type[Exception]) -> Callable[Asked, Answer]:
    """The function, whose errors are told from those of the database."""

    @wraps(function)
    def telling(*args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            raise kind from error

    return telling
