"""Advance: judged once when all runs have ended, failed where the judge itself breaks."""

from sqlalchemy import update

from service.advance import advance
from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence
from service.store import diagnoses
from service.store.database import Database
from service.store.mind import Mind
from service.store.tables import diagnoses as diagnoses_table
from tests.service.patients import admit, healthy, run_all


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
