import multiprocessing
import time

import pytest
from pydantic import ValidationError
from sqlalchemy import update

from service.schemas.limits import Limits
from service.schemas.run import Failure
from service.store import diagnoses, runs, statistics
from service.store.database import Database
from service.store.mind import Mind
from service.store.tables import diagnoses as diagnoses_table
from service.store.tables import runs as runs_table
from service.store.tables import variants
from tests.service.store.examples import (
    accepted,
    at_once,
    claimed,
    created,
    finished,
    judge,
    layer_rows,
    network_rows,
    outcome,
    profiles,
    run_ids,
)
from tests.service.store.racers import one_round

LOST = -1.0
"""Seconds of a lease that has run out already."""


def run_of(database: Database, diagnosis: str, place: int = 0):
    return diagnoses.get(database, diagnosis).runs[place]


def test_a_claim_carries_all_that_a_run_depends_on(database):
    diagnosis = created(database)
    run = run_ids(database, diagnosis)[1]
    claim = runs.claim(database, run, "worker", 60, 3, Limits(steps=77))
    assert (claim.run_id, claim.diagnosis_id, claim.attempt, claim.owner) == (run, diagnosis, 1, "worker")
    order = claim.order
    assert (order.run_id, order.attempt, order.variant, order.seed) == (run, 1, "baseline", 1)
    assert (order.steps, order.planned_steps) == (100, 1000)
    assert order.submission == accepted().submission
    assert order.limits == Limits(steps=77)


def test_the_first_claim_starts_the_diagnosis(database):
    diagnosis = created(database)
    first, second = run_ids(database, diagnosis)
    claimed(database, first)
    found = diagnoses.get(database, diagnosis)
    assert (found.status, found.phase) == ("running", "probing")
    assert found.started_at is not None
    assert [run.status for run in found.runs] == ["running", "queued"]
    claimed(database, second)
    assert diagnoses.get(database, diagnosis).started_at == found.started_at


def test_a_run_is_claimed_once(database):
    run = run_ids(database, created(database))[0]
    claimed(database, run)
    assert runs.claim(database, run, "other", 60, 3) is None


@pytest.mark.parametrize("run", ["rn_unknown", ""])
def test_an_unknown_run_is_not_claimed(database, run):
    assert runs.claim(database, run, "worker", 60, 3) is None


def test_an_expired_lease_can_be_claimed_by_another(database):
    run = run_ids(database, created(database))[0]
    lost = claimed(database, run, lease=LOST)
    taken = claimed(database, run, owner="other")
    assert taken.attempt == 2
    assert not runs.renew(database, lost, 60)
    assert runs.renew(database, taken, 60)


def test_an_expired_lease_that_nobody_took_can_be_renewed(database):
    run = run_ids(database, created(database))[0]
    claim = claimed(database, run, lease=LOST)
    assert runs.renew(database, claim, 60)
    assert runs.claim(database, run, "other", 60, 3) is None


def test_a_lease_runs_out_by_the_clock_of_the_database(database):
    run = run_ids(database, created(database))[0]
    claimed(database, run, lease=0.2)
    assert runs.claim(database, run, "other", 60, 3) is None
    time.sleep(0.3)
    assert runs.claim(database, run, "other", 60, 3) is not None


def test_a_run_is_attempted_so_many_times_and_no_more(database):
    run = run_ids(database, created(database))[0]
    for attempt in (1, 2, 3):
        assert claimed(database, run, lease=LOST).attempt == attempt
    assert runs.claim(database, run, "worker", 60, 3) is None


def test_a_lost_attempt_writes_nothing(database):
    diagnosis = created(database)
    run = run_ids(database, diagnosis)[0]
    lost = claimed(database, run, lease=LOST)
    claimed(database, run, owner="worker")
    failure = Failure(whose="service", code="crashed", detail="Gone.")
    assert not statistics.append(database, lost, layers=layer_rows(range(2)))
    assert not runs.report(database, lost, 50, 1.0)
    assert not runs.finish(database, lost, outcome())
    assert not runs.fail(database, lost, failure)
    assert not runs.release(database, lost)
    found = run_of(database, diagnosis)
    assert (found.status, found.attempt, found.step) == ("running", 2, 0)


def test_a_new_attempt_forgets_what_the_dead_one_measured(database):
    diagnosis = created(database, seeds=1)
    run = run_ids(database, diagnosis)[0]
    dead = claimed(database, run, lease=LOST)
    runs.report(database, dead, 7, 9.9)
    everything = {"network": network_rows(range(9)), "time_profiles": profiles(range(9))}
    assert statistics.append(database, dead, layers=layer_rows(range(9), value=7.0), **everything)
    alive = claimed(database, run)
    found = run_of(database, diagnosis)
    assert (found.step, found.loss) == (0, None)
    statistics.append(database, alive, layers=layer_rows(range(2)), network=network_rows(range(2)))
    runs.finish(database, alive, outcome())
    (measured,) = diagnoses.evidence(database, diagnosis).runs
    assert [(row.step, row.depth) for row in measured.layers] == [(s, d) for s in range(2) for d in range(3)]
    assert measured.layers[0].weight_gradient_rms == pytest.approx(0.5)
    assert len(measured.network) == 2
    assert measured.time_profiles == ()


def test_a_finished_run_keeps_its_outcome(database):
    diagnosis = created(database)
    run = run_ids(database, diagnosis)[0]
    ended = outcome(steps_run=3, stopped="non-finite", last_loss=float("nan"), best_loss=float("inf"))
    claim = claimed(database, run)
    assert runs.finish(database, claim, ended)
    found = run_of(database, diagnosis)
    assert (found.status, found.step) == ("succeeded", 3)
    assert found.finished_at is not None
    assert found.outcome.model_dump_json() == ended.model_dump_json()
    assert not runs.finish(database, claim, outcome())
    assert runs.claim(database, run, "worker", 60, 3) is None


def test_a_failed_run_says_whose_fault_it_was(database):
    diagnosis = created(database)
    failure = Failure(whose="client", code="out-of-memory", detail="It takes more than 4 GB.")
    assert runs.fail(database, claimed(database, run_ids(database, diagnosis)[0]), failure)
    found = run_of(database, diagnosis)
    assert (found.status, found.error) == ("failed", failure)


def test_a_released_run_can_be_claimed_at_once(database):
    diagnosis = created(database)
    run = run_ids(database, diagnosis)[0]
    assert runs.release(database, claimed(database, run))
    found = run_of(database, diagnosis)
    assert (found.status, found.started_at) == ("queued", None)
    assert claimed(database, run).attempt == 2


def test_a_forgiven_attempt_does_not_count(database):
    run = run_ids(database, created(database))[0]
    for _ in range(5):
        assert runs.release(database, claimed(database, run, attempts=1), forgiven=True)
    assert claimed(database, run, attempts=1).attempt == 6


@pytest.mark.parametrize("table", [diagnoses_table, variants])
def test_what_this_release_cannot_read_uses_up_its_attempts(database, table):
    diagnosis = created(database, seeds=1)
    finished(database, diagnosis)
    diagnoses.settle(database, diagnosis, one_round().mind())
    first, trial = diagnoses.get(database, diagnosis).runs
    run = first if table is diagnoses_table else trial
    with database.begin() as connection:
        connection.execute(update(runs_table).where(runs_table.c.public_id == run.id).values(status="queued"))
        connection.execute(update(table).values(submission='{"renamed": 1}'))
    for _ in range(3 - run.attempt):
        with pytest.raises(ValidationError):
            runs.claim(database, run.id, "worker", LOST, 3)
    runs.expire(database, 3)
    assert runs.claim(database, run.id, "worker", LOST, 3) is None
    assert {one.status for one in diagnoses.get(database, diagnosis).runs if one.id == run.id} == {"failed"}


def claim_all(
    url: str, owner: str, names: list[str], won: "multiprocessing.Queue[tuple[str, list[str]]]"
) -> None:
    database = Database(url)
    mine = [name for name in names if runs.claim(database, name, owner, 60, 3) is not None]
    database.dispose()
    won.put((owner, mine))


def test_processes_that_claim_the_same_runs_get_each_once(database):
    names = [name for _ in range(8) for name in run_ids(database, created(database, seeds=5))]
    assert len(names) == 40
    spawn = multiprocessing.get_context("spawn")
    won: multiprocessing.Queue[tuple[str, list[str]]] = spawn.Queue()
    url = database.url.render_as_string(hide_password=False)
    workers = [spawn.Process(target=claim_all, args=(url, str(place), names, won)) for place in range(3)]
    for worker in workers:
        worker.start()
    shares = dict(won.get(timeout=60) for _ in workers)
    for worker in workers:
        worker.join(60)
    assert sorted(name for share in shares.values() for name in share) == sorted(names)


def test_threads_that_claim_the_same_runs_get_each_once(database):
    names = [name for _ in range(8) for name in run_ids(database, created(database, seeds=5))]

    def work(owner: int) -> list[str]:
        order = names if owner % 2 else names[::-1]
        return [name for name in order if runs.claim(database, name, str(owner), 60, 3) is not None]

    assert sorted(name for share in at_once(work, range(8)) for name in share) == sorted(names)


def test_an_expired_lease_is_taken_over_by_one_of_many(database):
    run = run_ids(database, created(database))[0]
    claimed(database, run, lease=LOST)
    claims = at_once(lambda owner: runs.claim(database, run, str(owner), 60, 3), range(8))
    assert [claim.attempt for claim in claims if claim is not None] == [2]


def test_a_finished_diagnosis_is_no_longer_worked_on(database):
    diagnosis = created(database)
    finished(database, diagnosis)
    diagnoses.settle(database, diagnosis, Mind(judge))
    assert all(runs.claim(database, run, "worker", 60, 9) is None for run in run_ids(database, diagnosis))
