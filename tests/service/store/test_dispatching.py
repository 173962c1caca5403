import threading

from service.store import diagnoses, runs
from service.store.dispatching import EXHAUSTED
from service.store.mind import Mind
from tests.service.store.examples import claimed, created, finished, judge, run_ids


def test_queued_runs_are_sent_once(database):
    names = run_ids(database, created(database, seeds=3))
    assert runs.take_for_sending(database, 10, 60) == names
    assert runs.take_for_sending(database, 10, 60) == []


def test_no_more_than_a_window_is_under_way(database):
    names = run_ids(database, created(database, seeds=5))
    assert runs.take_for_sending(database, 2, 60) == names[:2]
    assert runs.take_for_sending(database, 2, 60) == []
    claimed(database, names[0])
    assert runs.take_for_sending(database, 2, 60) == [names[2]]


def test_a_message_that_nobody_answered_is_sent_again(database):
    names = run_ids(database, created(database))
    assert runs.take_for_sending(database, 10, 60) == names
    assert runs.take_for_sending(database, 10, -1) == names


def test_what_could_not_be_sent_is_taken_again(database):
    names = run_ids(database, created(database))
    runs.unsend(database, runs.take_for_sending(database, 10, 60))
    assert runs.take_for_sending(database, 10, 60) == names


def test_unsending_leaves_alone_what_a_worker_has(database):
    names = run_ids(database, created(database))
    runs.take_for_sending(database, 10, 60)
    claimed(database, names[0])
    runs.unsend(database, names)
    assert runs.take_for_sending(database, 10, 60) == names[1:]


def test_projects_take_turns(database):
    many = [name for _ in range(3) for name in run_ids(database, created(database, project="busy"))]
    few = run_ids(database, created(database, project="quiet"))
    assert runs.take_for_sending(database, 4, 60) == [many[0], few[0], many[1], few[1]]


def test_the_project_with_less_under_way_goes_first(database):
    many = run_ids(database, created(database, project="busy", seeds=4))
    for name in many[:2]:
        claimed(database, name)
    few = run_ids(database, created(database, project="quiet", seeds=2))
    assert runs.take_for_sending(database, 3, 60) == [few[0], few[1], many[2]]


def test_senders_at_the_same_time_keep_within_one_window(database):
    for _ in range(4):
        created(database, seeds=5)
    taken: list[str] = []
    threads = [
        threading.Thread(target=lambda: taken.extend(runs.take_for_sending(database, 12, 60)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 12


def test_an_expired_run_goes_back_to_the_queue(database):
    diagnosis = created(database)
    first, second = run_ids(database, diagnosis)
    claimed(database, first, lease=-1)
    claimed(database, second)
    assert runs.expire(database, 3) == [diagnosis]
    found = diagnoses.get(database, diagnosis)
    assert [run.status for run in found.runs] == ["queued", "running"]
    assert found.status == "running"
    assert runs.take_for_sending(database, 10, 60) == [first]
    assert runs.expire(database, 3) == []


def test_the_last_attempt_fails_the_run_and_the_diagnosis(database):
    diagnosis = created(database)
    run = run_ids(database, diagnosis)[0]
    for _ in range(3):
        claimed(database, run, lease=-1)
    assert runs.expire(database, 3) == [diagnosis]
    assert diagnoses.settle(database, diagnosis, Mind(judge)) == "failed"
    found = diagnoses.get(database, diagnosis)
    assert (found.status, found.error) == ("failed", EXHAUSTED)
    assert [run.status for run in found.runs] == ["failed", "canceled"]


def test_a_run_given_back_at_the_limit_does_not_wait_for_ever(database):
    diagnosis = created(database)
    run = run_ids(database, diagnosis)[0]
    runs.release(database, claimed(database, run, attempts=1))
    assert runs.claim(database, run, "worker", 60, 1) is None
    assert runs.expire(database, 1) == [diagnosis]
    assert diagnoses.get(database, diagnosis).runs[0].error == EXHAUSTED


def test_a_diagnosis_whose_runs_have_ended_is_found(database):
    done, failed, open_ = created(database), created(database), created(database)
    finished(database, done)
    runs.fail(database, claimed(database, run_ids(database, failed)[0]), EXHAUSTED)
    claimed(database, run_ids(database, open_)[0])
    assert runs.unsettled(database) == [done, failed]
    for name in (done, failed):
        diagnoses.settle(database, name, Mind(judge))
    assert runs.unsettled(database) == []
