"""Move a diagnosis on when its runs have ended; who ends a run calls it, and the sweep for those who could not."""

import logging
from collections.abc import Callable

from pydantic import ValidationError

from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence
from service.schemas.run import Failure, Status
from service.store import diagnoses
from service.store.database import Database

log = logging.getLogger(__name__)

Judge = Callable[[Evidence], Judgement]
"""A pure function of the evidence; `service.diagnosis.engine.judge` is the one that a deployment uses."""


class _JudgingFailed(Exception):
    """The judge itself broke: a fault of ours, which trying again would only repeat."""


def advance(database: Database, diagnosis_id: str, judge: Judge) -> Status | None:
    """Judge a diagnosis whose runs have all ended; None where there is nothing to do yet.

    Safe to call at any time and many times at once. A judge that raises fails the diagnosis, so that it does not
    stay open for ever, and so does evidence that another release stored and this one cannot read; an error of the
    database is raised, and the next sweep tries again.
    """
    try:
        return diagnoses.settle(database, diagnosis_id, _guarded(judge))
    except _JudgingFailed as error:
        log.exception("Diagnosis %s cannot be judged", diagnosis_id)
        return _fail(database, diagnosis_id, f"judging it failed: {error.__cause__!r}")
    except ValidationError as error:
        log.exception("Diagnosis %s cannot be read", diagnosis_id)
        fault = error.errors(include_input=False, include_url=False)[0]
        place = "/".join(map(str, fault["loc"]))
        return _fail(database, diagnosis_id, f"this release cannot read it: {place}: {fault['msg']}")


def _fail(database: Database, diagnosis_id: str, reason: str) -> Status | None:
    failure = Failure(whose="service", code="judging-failed", detail=f"The evidence is stored, but {reason}")
    return "failed" if diagnoses.fail(database, diagnosis_id, failure) else None


def _guarded(judge: Judge) -> Judge:
    def guarded(evidence: Evidence) -> Judgement:
        try:
            return judge(evidence)
        except Exception as error:
            raise _JudgingFailed from error

    return guarded
