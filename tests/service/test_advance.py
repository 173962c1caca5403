"""Advance: judged once when all runs have ended, failed where the judge itself breaks."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from service.advance import advance
from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence
from service.schemas.race import Move
from service.store import diagnoses
from service.store.database import Database
from service.store.mind import Mind
from service.store.tables import diagnoses as diagnoses_table
from service.store.tables import variants
from tests.service.patients import admit, healthy, run_all
from tests.service.store.racers import one_round, tried


def test_a_diagnosis_is_judged_when_its_last_run_has_ended_and_only_once(clinic_database: Database) -> None:
    diagnosis_id = admit(clinic_database)
    assert advance(clinic_database, diagnosis_id, Mind(healthy)) is None

    run_all(clinic_database, diagnosis_id)

    assert advance(clinic_database, diagnosis_id, Mind(healthy)) == "succeeded"
    assert advance(clinic_database, diagnosis_id, Mind(healthy)) is None
    assert diagnoses.get(clinic_database, diagnosis_id).summary == "2 runs"


def test_a_judge_that_breaks_fails_the_diagnosis_by_our_fault(clinic_database: Database) -> None:
    def broken(_: Evidence) -> Judgement:
        raise ZeroDivisionError("division by zero")

    diagnosis_id = admit(clinic_database)
    run_all(clinic_database, diagnosis_id)

    assert advance(clinic_database, diagnosis_id, Mind(broken)) == "failed"

    error = diagnoses.get(clinic_database, diagnosis_id).error
    assert error is not None
    assert (error.code, error.whose) == ("judging-failed", "service")
    assert "division by zero" in error.detail


def test_evidence_that_cannot_be_read_any_more_fails_the_diagnosis_instead_of_the_sweep(
    clinic_database: Database,
) -> None:
    diagnosis_id = admit(clinic_database)
    run_all(clinic_database, diagnosis_id)
    with clinic_database.begin() as connection:
        connection.execute(update(diagnoses_table).values(submission='{"network": {}, "renamed": 1}'))

    assert advance(clinic_database, diagnosis_id, Mind(healthy)) == "failed"

    error = diagnoses.get(clinic_database, diagnosis_id).error
    assert error is not None
    assert (error.code, error.whose) == ("judging-failed", "service")
    assert "this release cannot read it: " in error.detail


def test_a_diagnosis_that_does_not_exist_is_nothing_to_do(clinic_database: Database) -> None:
    assert advance(clinic_database, "dg_nothing", Mind(healthy)) is None


def unlucky(*_: object, **__: object) -> Any:
    raise KeyError("loss")


@pytest.mark.parametrize("function", ["begin", "go_on", "judged", "conclude"])
def test_trials_that_break_leave_the_verdict_and_say_so(clinic_database: Database, function: str) -> None:
    diagnosis_id = admit(clinic_database)
    run_all(clinic_database, diagnosis_id)
    mind = replace(one_round().mind(), judge=healthy, **{function: unlucky})

    while (status := advance(clinic_database, diagnosis_id, mind)) == "running":
        tried(clinic_database, diagnosis_id, depths=1)

    assert status == "succeeded"
    found = diagnoses.get(clinic_database, diagnosis_id)
    assert (found.verdict, found.summary, found.remedies) == ("healthy", "2 runs", ())
    assert found.error is not None
    assert (found.error.code, found.error.whose) == ("trying-failed", "service")
    assert "KeyError('loss')" in found.error.detail


def test_a_race_that_runs_in_a_circle_is_ended(clinic_database: Database) -> None:
    diagnosis_id = admit(clinic_database)
    run_all(clinic_database, diagnosis_id)
    script = one_round()
    script.moves.append(Move(runs=script.moves[0].runs))
    assert advance(clinic_database, diagnosis_id, script.mind()) == "running"
    tried(clinic_database, diagnosis_id, depths=1)

    assert advance(clinic_database, diagnosis_id, script.mind()) == "succeeded"

    error = diagnoses.get(clinic_database, diagnosis_id).error
    assert error is not None
    assert "was run in round 1" in error.detail


def test_candidates_that_cannot_be_read_any_more_leave_the_verdict(clinic_database: Database) -> None:
    diagnosis_id = admit(clinic_database)
    run_all(clinic_database, diagnosis_id)
    mind = one_round().mind()
    advance(clinic_database, diagnosis_id, mind)
    tried(clinic_database, diagnosis_id, depths=1)
    with clinic_database.begin() as connection:
        connection.execute(update(variants).values(submission='{"network": {}, "renamed": 1}'))

    assert advance(clinic_database, diagnosis_id, mind) == "succeeded"

    found = diagnoses.get(clinic_database, diagnosis_id)
    assert (found.status, found.verdict) == ("succeeded", "unstable")
    assert found.error is not None
    assert "this release cannot read it: " in found.error.detail
