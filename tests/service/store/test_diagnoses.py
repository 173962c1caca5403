import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from service.errors import IdempotencyMismatch, NotFound
from service.schemas.run import Failure
from service.store import diagnoses, runs, statistics
from service.store.columns import now
from service.store.measurements import layer_statistics
from service.store.mind import Mind
from service.store.tables import idempotency_keys, layers, projects
from tests.service.store.examples import accepted, claimed, created, finished, judge, layer_rows, run_ids


def test_a_new_diagnosis_waits_with_a_run_for_each_seed(database):
    found = diagnoses.get(database, created(database, branch="main", commit="3f9a2c1", seeds=3))
    assert (found.status, found.phase, found.progress, found.verdict) == ("queued", None, 0, None)
    assert (found.project, found.branch, found.commit) == ("vision", "main", "3f9a2c1")
    assert [(run.role, run.variant, run.seed, run.status, run.steps) for run in found.runs] == [
        ("baseline", "baseline", seed, "queued", 100) for seed in range(3)
    ]
    assert [layer.name for layer in found.layers] == ["first", "sigmoid", "head"]
    assert abs(found.created_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert found.started_at is found.finished_at is None


def test_a_submission_is_read_back_as_it_was_written(database):
    submission = accepted(branch="main").submission
    back = diagnoses.submission(database, created(database, branch="main"))
    assert back == submission
    assert back.training.model_fields_set == submission.training.model_fields_set


def test_identifiers_tell_what_they_name_and_sort_by_time(database):
    first = created(database)
    second = created(database)
    assert first.startswith("dg_")
    assert len(first) == 23
    assert first[:9] <= second[:9]
    assert all(run.startswith("rn_") for run in run_ids(database, first))


@pytest.mark.parametrize("name", ["dg_0", "", "x\0y", "dg_' OR 1=1 --"])
def test_what_is_not_there_is_not_found(database, name):
    for look in (diagnoses.get, diagnoses.cancel, diagnoses.delete, diagnoses.submission, diagnoses.evidence):
        with pytest.raises(NotFound):
            look(database, name)


def test_the_same_key_and_body_give_the_same_diagnosis(database):
    first = diagnoses.create(database, accepted(), body_digest="sha256:a", idempotency_key="k")
    again = diagnoses.create(database, accepted(), body_digest="sha256:a", idempotency_key="k")
    assert (first.replayed, again.replayed) == (False, True)
    assert again.id == first.id


def test_the_same_key_with_another_body_is_refused(database):
    created(database, key="k", digest="sha256:a")
    with pytest.raises(IdempotencyMismatch):
        created(database, key="k", digest="sha256:b")


def test_projects_do_not_share_keys(database):
    assert created(database, key="k", project="one") != created(database, key="k", project="two")


def test_a_key_is_forgotten_after_a_day(database):
    first = created(database, key="k")
    with database.begin() as connection:
        connection.execute(update(idempotency_keys).values(created_at=now(-24 * 3600 - 1)))
    assert created(database, key="k", digest="sha256:b") != first


def test_a_key_is_forgotten_with_its_diagnosis(database):
    first = created(database, key="k")
    diagnoses.delete(database, first)
    assert created(database, key="k", digest="sha256:b") != first


def test_the_same_request_many_times_at_once_creates_one_diagnosis(database):
    made: list[diagnoses.Created] = []
    request = accepted()

    def post() -> None:
        made.append(diagnoses.create(database, request, body_digest="sha256:a", idempotency_key="k"))

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({result.id for result in made}) == 1
    assert sorted(result.replayed for result in made) == [False] + [True] * 7


def test_layers_keep_their_number_from_one_diagnosis_to_the_next(database):
    created(database)
    created(database, width=16)
    created(database, project="other")
    with database.read() as connection:
        counts = connection.execute(
            select(projects.c.name, func.count())
            .join(layers)
            .group_by(projects.c.name)
            .order_by(projects.c.name)
        ).all()
    assert [tuple(row) for row in counts] == [("other", 3), ("vision", 3)]


def test_cancel_stops_the_runs(database):
    diagnosis = created(database)
    claim = claimed(database, run_ids(database, diagnosis)[0])
    found = diagnoses.cancel(database, diagnosis)
    assert found.status == "canceled"
    assert found.finished_at is not None
    assert {run.status for run in found.runs} == {"canceled"}
    assert not runs.renew(database, claim, 60)
    assert runs.claim(database, run_ids(database, diagnosis)[1], "worker", 60, 3) is None


def test_cancel_leaves_alone_what_has_ended(database):
    diagnosis = created(database)
    finished(database, diagnosis)
    diagnoses.settle(database, diagnosis, Mind(judge))
    before = diagnoses.get(database, diagnosis)
    assert diagnoses.cancel(database, diagnosis) == before
    assert before.status == "succeeded"


def test_cancel_twice_is_as_good_as_once(database):
    diagnosis = created(database)
    assert diagnoses.cancel(database, diagnosis) == diagnoses.cancel(database, diagnosis)


def test_delete_takes_everything_along(database):
    diagnosis = created(database)
    claim = claimed(database, run_ids(database, diagnosis)[0])
    statistics.append(database, claim, layers=layer_rows(range(2)))
    diagnoses.delete(database, diagnosis)
    with pytest.raises(NotFound):
        diagnoses.get(database, diagnosis)
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(layer_statistics)) == 0
    assert not runs.renew(database, claim, 60)
    assert not statistics.append(database, claim, layers=layer_rows(range(2, 4)))
    assert diagnoses.settle(database, diagnosis, Mind(judge)) is None


def test_progress_is_the_share_of_steps_done(database):
    diagnosis = created(database, seeds=2, mode="off")
    claim = claimed(database, run_ids(database, diagnosis)[0])
    runs.report(database, claim, 50, 1.25)
    found = diagnoses.get(database, diagnosis)
    assert found.progress == pytest.approx(0.25)
    assert (found.runs[0].step, found.runs[0].loss) == (50, 1.25)


def test_a_diagnosis_can_be_ended_for_a_reason_that_is_not_a_run(database):
    diagnosis = created(database)
    failure = Failure(whose="service", code="crashed", detail="The judgement fell over.")
    assert diagnoses.fail(database, diagnosis, failure)
    assert not diagnoses.fail(database, diagnosis, failure)
    found = diagnoses.get(database, diagnosis)
    assert (found.status, found.error) == ("failed", failure)
    assert {run.status for run in found.runs} == {"canceled"}
