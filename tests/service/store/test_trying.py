import threading

import pytest
from sqlalchemy import func, select, update

from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence
from service.schemas.race import Move, Race
from service.schemas.run import Failure
from service.store import diagnoses, runs, statistics
from service.store.columns import now
from service.store.measurements import layer_statistics, layer_summaries
from service.store.mind import Mind, UnsoundMove
from service.store.tables import diagnoses as diagnoses_table
from service.store.tables import diagnosis_layers, variants
from service.store.tables import runs as runs_table
from tests.service.store.examples import claimed, created, finished, judge, layer_rows, outcome
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


def test_a_trial_is_a_run_of_the_changed_submission(database, probed):
    changed = candidate(width=32, planned_steps=77)
    script = Script([Move(candidates=(changed,), runs=(request(), request(seed=1, settles=True)))])
    diagnoses.settle(database, probed, script.mind())
    first, second = diagnoses.get(database, probed).runs[2:]
    claim = claimed(database, first.id)
    order = claim.order
    assert (order.role, order.variant, order.seed, order.steps) == ("trial", "use-relu", 0, 40)
    assert order.submission == changed.submission
    assert (order.planned_steps, order.settles) == (77, False)
    assert claimed(database, second.id).order.settles
    assert statistics.append(database, claim, layers=layer_rows(range(2)))


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


def test_a_race_is_told_everything_that_is_known(database, probed):
    ranging = candidate("range", kind="range-test", width=16)
    refused = candidate("too-large", refused="it is too large", layers=(), planned_steps=0, run_steps=0)
    asked = (request(), request("range"), request(seed=1))
    script = Script([Move(candidates=(candidate(), ranging, refused), runs=asked)])
    diagnoses.settle(database, probed, script.mind())
    tried(database, probed)
    diagnoses.settle(database, probed, script.mind())
    race = script.races[0]
    assert race.submission == diagnoses.submission(database, probed)
    assert (race.run_steps, race.planned_steps, race.dataset) == (100, 1000, None)
    assert race.judgement == judge(diagnoses.evidence(database, probed))
    assert race.layers == diagnoses.get(database, probed).layers
    assert [(run.variant, run.seed, run.round, run.outcome) for run in race.baseline] == [
        ("baseline", seed, 0, outcome()) for seed in (0, 1)
    ]
    assert race.candidates == (candidate(), ranging, refused)
    seen = [(run.variant, run.seed, run.round, run.steps) for run in race.trials]
    assert seen == [("use-relu", 0, 1, 40), ("range", 0, 1, 40), ("use-relu", 1, 1, 40)]
    assert {run.outcome.last_loss for run in race.trials} == {0.25}
    assert [run.losses for run in race.trials] == [(), pytest.approx((2.5, 1.25, 2.5 / 3, 0.625, 0.5)), ()]


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


def test_variants_are_judged_by_evidence_of_their_own(database, probed):
    wide = candidate(width=32)
    script = Script([Move(candidates=(wide, candidate("lost")), runs=(request(), request("lost")))])
    script.wanted = ("use-relu", "lost")
    shown: list[Evidence] = []

    def judged(evidence: Evidence) -> Judgement:
        shown.append(evidence)
        return judge(evidence)

    mind = Mind(judged, script.begin, script.go_on, lambda _race: script.wanted, script.conclude)
    diagnoses.settle(database, probed, mind)
    tried(database, probed, failing=("lost",))
    diagnoses.settle(database, probed, mind)
    assert [set(judgements) for judgements in script.concluded] == [{"use-relu"}]
    baseline, variant = shown
    assert [run.seed for run in baseline.runs] == [0, 1]
    assert [(run.seed, run.outcome.steps_run, len(run.layers)) for run in variant.runs] == [(0, 40, 6)]
    assert (variant.submission, variant.layers) == (wide.submission, wide.layers)
    assert diagnoses.evidence(database, probed, "use-relu") == variant
    assert diagnoses.evidence(database, probed) == baseline


def test_of_a_seed_that_ran_in_two_rounds_the_last_is_evidence(database, probed):
    script = Script(
        [Move(candidates=(candidate(),), runs=(request(),)), Move(runs=(request(round_=2, steps=90),))]
    )
    diagnoses.settle(database, probed, script.mind())
    tried(database, probed)
    diagnoses.settle(database, probed, script.mind())
    (last,) = [run for run in diagnoses.get(database, probed).runs if run.round == 2]
    runs.finish(database, claimed(database, last.id), outcome(steps_run=90))
    (run,) = diagnoses.evidence(database, probed, "use-relu").runs
    assert (run.seed, run.outcome.steps_run) == (0, 90)


def test_trials_have_no_part_in_a_layers_history(database, probed):
    script = one_round()
    diagnoses.settle(database, probed, script.mind())
    tried(database, probed)
    diagnoses.settle(database, probed, script.mind())
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(layer_summaries)) == 2 * 3


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


def test_delete_takes_the_variants_along(database, probed):
    diagnoses.settle(database, probed, one_round().mind())
    tried(database, probed)
    diagnoses.delete(database, probed)
    with database.read() as connection:
        for table in (variants, diagnosis_layers, layer_statistics):
            assert connection.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.parametrize(
    "move",
    [
        Move(runs=(request(),)),
        Move(runs=(request(round_=2), request(round_=2))),
        Move(runs=(request("nobody", round_=2),)),
        Move(candidates=(candidate(),), runs=(request(round_=2),)),
        Move(candidates=(candidate("no", refused="no"),), runs=(request("no", round_=2),)),
    ],
    ids=["done already", "twice at once", "unknown", "a name that is taken", "refused"],
)
def test_a_race_cannot_run_in_a_circle(database, probed, move):
    script = Script([*one_round().moves, move])
    diagnoses.settle(database, probed, script.mind())
    tried(database, probed)
    with pytest.raises(UnsoundMove):
        diagnoses.settle(database, probed, script.mind())
    assert len(diagnoses.get(database, probed).runs) == 3


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
