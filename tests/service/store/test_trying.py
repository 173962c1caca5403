import threading

import pytest
from sqlalchemy import update

from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence
from service.schemas.race import Move, Race
from service.schemas.run import Failure
from service.store import diagnoses, runs
from service.store.columns import now
from service.store.mind import Mind
from service.store.tables import diagnoses as diagnoses_table
from service.store.tables import runs as runs_table
from tests.service.store.examples import claimed, created, finished, judge
from tests.service.store.racers import LOST, Script, candidate, one_round, request, row, tried


@pytest.fixture
def probed(database):
    """A diagnosis whose baseline has run."""
    name = created(database)
    finished(database, name)
    return name


def test_trials_begin_with_the_verdict_known(database, probed):
    assert diagnoses.settle(database, probed, one_round(0, 1).mind()) == "running"
    found = diagnoses.get(database, probed)
    assert (found.status, found.phase, found.verdict, found.remedies) == ("running", "trying", "unstable", ())
    assert found.findings[0].rule == "vanishing-gradient"
    assert found.finished_at is None
    assert [
        (run.role, run.variant, run.seed, run.round, run.steps, run.status) for run in found.runs[2:]
    ] == [("trial", "use-relu", seed, 1, 40, "queued") for seed in (0, 1)]


def test_nothing_is_decided_before_the_round_has_ended(database, probed):
    script = one_round(0, 1)
    diagnoses.settle(database, probed, script.mind())
    assert diagnoses.settle(database, probed, script.mind()) is None
    runs.fail(database, claimed(database, diagnoses.get(database, probed).runs[2].id), LOST)
    assert runs.unsettled(database) == []
    assert diagnoses.settle(database, probed, script.mind()) is None
    assert script.races == []


def test_round_follows_round_until_none_is_asked_for(database, probed):
    second = candidate("add-residual", width=16)
    script = Script(
        [
            Move(candidates=(candidate(),), runs=(request(),)),
            Move(candidates=(second,), runs=(request(round_=2), request("add-residual", 0, 2))),
        ]
    )
    assert diagnoses.settle(database, probed, script.mind()) == "running"
    tried(database, probed)
    assert diagnoses.settle(database, probed, script.mind()) == "running"
    assert diagnoses.get(database, probed).phase == "trying"
    tried(database, probed)
    assert diagnoses.settle(database, probed, script.mind()) == "succeeded"
    found = diagnoses.get(database, probed)
    assert (found.status, found.phase, found.progress, found.error) == ("succeeded", None, 1.0, None)
    assert found.remedies == (row(candidate()), row(second))
    assert found.verdict == "unstable"
    assert diagnoses.settle(database, probed, script.mind()) is None


def test_a_trial_that_fails_decides_nothing(database, probed):
    script = one_round(0, 1)
    diagnoses.settle(database, probed, script.mind())
    tried(database, probed, failing=("use-relu",))
    assert runs.unsettled(database) == [probed]
    assert diagnoses.settle(database, probed, script.mind()) == "succeeded"
    assert [(run.failure, run.outcome) for run in script.races[0].trials] == [(LOST, None)] * 2
    found = diagnoses.get(database, probed)
    assert (found.error, found.verdict) == (None, "unstable")


def test_a_trial_that_kills_every_worker_fails_alone(database, probed):
    script = one_round()
    diagnoses.settle(database, probed, script.mind())
    trial = diagnoses.get(database, probed).runs[2].id
    for _ in range(3):
        claimed(database, trial, lease=-1)
    assert runs.expire(database, 3) == [probed]
    assert diagnoses.settle(database, probed, script.mind()) == "succeeded"
    assert script.races[0].trials[0].failure.code == "attempts-exhausted"


def test_an_empty_move_ends_the_diagnosis_at_once(database, probed):
    assert diagnoses.settle(database, probed, Script([Move()]).mind()) == "succeeded"
    assert diagnoses.get(database, probed).remedies == ()


def test_remedies_that_cannot_be_tried_are_told_at_once(database, probed):
    refused = candidate(refused="it does not fit", layers=(), planned_steps=0, run_steps=0)
    script = Script([Move(candidates=(refused,))])
    assert diagnoses.settle(database, probed, script.mind()) == "succeeded"
    assert script.races[0].candidates == (refused,)
    found = diagnoses.get(database, probed)
    assert found.remedies == (row(refused),)
    assert len(found.runs) == 2


def test_progress_never_falls_and_leaves_room(database):
    diagnosis = created(database)
    script = Script(
        [Move(candidates=(candidate(),), runs=(request(),)), Move(runs=(request(round_=2), request(seed=1, round_=2)))]
    )  # fmt: skip
    seen = [diagnoses.get(database, diagnosis).progress]
    finished(database, diagnosis)
    seen.append(diagnoses.get(database, diagnosis).progress)
    for _ in range(2):
        diagnoses.settle(database, diagnosis, script.mind())
        seen.append(diagnoses.get(database, diagnosis).progress)
        first = next(run for run in diagnoses.get(database, diagnosis).runs if run.status == "queued")
        runs.report(database, claimed(database, first.id), 20, 1.0)
        seen.append(diagnoses.get(database, diagnosis).progress)
        runs.expire(database, 3)
        with database.begin() as connection:
            connection.execute(
                update(runs_table).values(status="queued").where(runs_table.c.status == "running")
            )
        tried(database, diagnosis)
    diagnoses.settle(database, diagnosis, script.mind())
    seen.append(diagnoses.get(database, diagnosis).progress)
    assert seen == pytest.approx([0, 0.5, 0.5, 0.625, 0.75, 0.78125, 1.0])


def test_a_cancellation_ends_the_trials_and_keeps_the_verdict(database, probed):
    diagnoses.settle(database, probed, one_round().mind())
    claim = claimed(database, diagnoses.get(database, probed).runs[2].id)
    found = diagnoses.cancel(database, probed)
    assert (found.status, found.phase, found.verdict) == ("canceled", None, "unstable")
    assert found.runs[2].status == "canceled"
    assert not runs.renew(database, claim, 60)
    assert diagnoses.settle(database, probed, one_round().mind()) is None


def test_who_dies_while_thinking_is_followed_by_another(database, probed):
    class Killed(BaseException):
        pass

    def dies(race: Race) -> Move:
        raise Killed

    script = one_round()
    diagnoses.settle(database, probed, script.mind())
    tried(database, probed)
    with database.begin() as connection:
        # What is left of a process that was killed: the thought was taken, and nothing came of it.
        connection.execute(update(diagnoses_table).values(thought=7, thinking_until=now(60)))
    assert runs.unsettled(database) == []
    assert diagnoses.settle(database, probed, script.mind()) is None
    with database.begin() as connection:
        connection.execute(update(diagnoses_table).values(thinking_until=now(-1)))
    assert runs.unsettled(database) == [probed]
    with pytest.raises(Killed):
        diagnoses.settle(database, probed, Mind(judge, go_on=dies))
    assert runs.unsettled(database) == [probed]
    assert diagnoses.settle(database, probed, script.mind()) == "succeeded"


def test_a_thought_that_took_too_long_is_not_carried_out(database, probed):
    script = one_round()

    def slow(evidence: Evidence) -> Judgement:
        with database.begin() as connection:
            connection.execute(update(diagnoses_table).values(thinking_until=now(-1)))
        assert diagnoses.settle(database, probed, script.mind()) == "running"
        return judge(evidence)

    assert diagnoses.settle(database, probed, Mind(slow)) is None
    assert diagnoses.get(database, probed).phase == "trying"


@pytest.mark.parametrize("end", [diagnoses.cancel, diagnoses.delete])
def test_what_ends_while_it_is_thought_about_stays_ended(database, probed, end):
    def ending(evidence: Evidence) -> Judgement:
        end(database, probed)
        return judge(evidence)

    assert diagnoses.settle(database, probed, Mind(ending)) is None
    assert runs.unsettled(database) == []
    if end is diagnoses.cancel:
        found = diagnoses.get(database, probed)
        assert (found.status, found.verdict) == ("canceled", None)


def test_others_can_write_while_somebody_thinks(database, probed):
    other = created(database)

    def writes(evidence: Evidence) -> Judgement:
        done = threading.Thread(target=lambda: finished(database, other))
        done.start()
        done.join(20)
        assert not done.is_alive()
        return judge(evidence)

    assert diagnoses.settle(database, probed, Mind(writes)) == "succeeded"


def test_many_who_settle_at_once_begin_one_round(database, probed):
    script = one_round(0, 1)
    said: list[str | None] = []
    settle = lambda: said.append(diagnoses.settle(database, probed, script.mind()))  # noqa: E731
    threads = [threading.Thread(target=settle) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, said)) == ["None"] * 5 + ["running"]
    assert len(diagnoses.get(database, probed).runs) == 4


def test_a_diagnosis_whose_trials_cannot_go_on_keeps_its_verdict(database, probed):
    diagnoses.settle(database, probed, one_round().mind())
    failure = Failure(whose="service", code="trying-failed", detail="A bug.")
    assert diagnoses.fail(database, probed, failure) == "succeeded"
    found = diagnoses.get(database, probed)
    assert (found.status, found.verdict, found.error) == ("succeeded", "unstable", failure)
    assert found.runs[2].status == "canceled"
