import pytest
from sqlalchemy import func, select

from service.schemas.race import Move
from service.schemas.run import Failure, Obstacle
from service.store import diagnoses, runs, statistics
from service.store.mind import Mind
from service.store.tables import diagnosis_layers, layers
from tests.service.store.examples import claimed, created, finished, judge, layer_rows, outcome
from tests.service.store.racers import Script, candidate, request
from tests.service.store.uploads import REPORT, SUBMISSION, imported, submitted


def only_run(database, diagnosis):
    (run,) = diagnoses.get(database, diagnosis).runs
    return run.id


def test_a_file_waits_to_be_opened(database):
    diagnosis = submitted(database)
    found = diagnoses.get(database, diagnosis)
    assert (found.status, found.phase, found.layers, found.imported) == ("queued", None, (), None)
    (run,) = found.runs
    assert (run.role, run.variant, run.seed, run.round, run.steps) == ("validation", "validation", 0, 0, 0)
    assert runs.take_for_sending(database, 10, 60) == [run.id]
    assert runs.unsettled(database) == []
    assert diagnoses.submission(database, diagnosis) == SUBMISSION
    assert diagnoses.evidence(database, diagnosis).runs == ()


def test_opening_it_begins_the_diagnosis(database):
    diagnosis = submitted(database)
    order = claimed(database, only_run(database, diagnosis)).order
    assert (order.role, order.steps, order.settles, order.submission) == ("validation", 0, False, SUBMISSION)
    found = diagnoses.get(database, diagnosis)
    assert (found.status, found.phase, found.progress) == ("running", "validating", 0)
    assert diagnoses.settle(database, diagnosis, Mind(judge)) is None


def test_what_it_holds_goes_on_to_probing(database):
    diagnosis = submitted(database)
    claim = claimed(database, only_run(database, diagnosis))
    assert runs.validated(database, claim, imported())
    found = diagnoses.get(database, diagnosis)
    assert (found.status, found.phase, found.progress) == ("running", "probing", 0)
    assert found.imported == REPORT
    assert [layer.name for layer in found.layers] == ["first", "sigmoid", "head"]
    assert [(run.role, run.variant, run.seed, run.steps, run.status) for run in found.runs] == [
        ("validation", "validation", 0, 0, "succeeded"),
        ("baseline", "baseline", 0, 100, "queued"),
        ("baseline", "baseline", 1, 100, "queued"),
    ]
    order = claimed(database, found.runs[1].id).order
    assert (order.role, order.planned_steps, order.settles) == ("baseline", 1000, True)


def test_a_diagnosis_of_a_file_ends_like_any_other(database):
    diagnosis = submitted(database)
    runs.validated(database, claimed(database, only_run(database, diagnosis)), imported())
    shown = []
    for run in diagnoses.get(database, diagnosis).runs[1:]:
        assert diagnoses.settle(database, diagnosis, Mind(judge)) is None
        claim = claimed(database, run.id)
        assert statistics.append(database, claim, layers=layer_rows(range(2)))
        assert runs.finish(database, claim, outcome())
    assert diagnoses.settle(database, diagnosis, Mind(lambda e: shown.append(e) or judge(e))) == "succeeded"
    (evidence,) = shown
    assert (evidence.imported, evidence.planned_steps, len(evidence.runs)) == (REPORT, 1000, 2)
    assert diagnoses.get(database, diagnosis).progress == 1.0


def test_what_was_found_is_written_once(database):
    diagnosis = submitted(database)
    claim = claimed(database, only_run(database, diagnosis))
    assert runs.validated(database, claim, imported())
    assert not runs.validated(database, claim, imported(width=32))
    assert len(diagnoses.get(database, diagnosis).runs) == 3
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(diagnosis_layers)) == 3


@pytest.mark.parametrize("loss", ["taken over", "canceled", "deleted"])
def test_a_lost_validation_changes_nothing(database, loss):
    diagnosis = submitted(database)
    claim = claimed(database, only_run(database, diagnosis), lease=-1)
    if loss == "taken over":
        claimed(database, claim.run_id, owner="other")
    elif loss == "canceled":
        diagnoses.cancel(database, diagnosis)
    else:
        diagnoses.delete(database, diagnosis)
    assert not runs.validated(database, claim, imported())
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(layers)) == 0
    if loss != "deleted":
        assert len(diagnoses.get(database, diagnosis).runs) == 1


def test_a_validation_whose_worker_died_is_done_again(database):
    diagnosis = submitted(database)
    claimed(database, only_run(database, diagnosis), lease=-1)
    assert runs.expire(database, 3) == [diagnosis]
    assert diagnoses.settle(database, diagnosis, Mind(judge)) is None
    again = claimed(database, only_run(database, diagnosis))
    assert again.attempt == 2
    assert runs.validated(database, again, imported())


def test_a_file_that_kills_every_worker_fails_its_diagnosis(database):
    diagnosis = submitted(database)
    for _ in range(3):
        claimed(database, only_run(database, diagnosis), lease=-1)
    assert runs.expire(database, 3) == [diagnosis]
    assert diagnoses.settle(database, diagnosis, Mind(judge)) == "failed"
    found = diagnoses.get(database, diagnosis)
    assert (found.status, found.error.code) == ("failed", "attempts-exhausted")


def test_a_file_that_cannot_be_trained_says_everything_that_is_in_the_way(database):
    diagnosis = submitted(database)
    obstacle = Obstacle(message="Loop: 2 times", operator="Loop", count=2, node="loop_0", layer="decoder")
    failure = Failure(
        whose="client", code="cannot-import", detail="It uses Loop.", problems=(obstacle, obstacle)
    )
    assert runs.fail(database, claimed(database, only_run(database, diagnosis)), failure)
    assert runs.unsettled(database) == [diagnosis]
    assert diagnoses.settle(database, diagnosis, Mind(judge)) == "failed"
    found = diagnoses.get(database, diagnosis)
    assert (found.status, found.phase, found.error) == ("failed", None, failure)


def test_files_and_networks_share_the_dictionary_of_their_project(database):
    created(database)
    diagnosis = submitted(database)
    runs.validated(database, claimed(database, only_run(database, diagnosis)), imported())
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(layers)) == 3


def test_a_trial_says_which_layers_its_changed_graph_has(database):
    diagnosis = created(database)
    finished(database, diagnosis)
    unknown = candidate("insert-norm", layers=())
    script = Script([Move(candidates=(unknown,), runs=(request("insert-norm"), request("insert-norm", 1)))])
    diagnoses.settle(database, diagnosis, script.mind())
    first, second = diagnoses.get(database, diagnosis).runs[2:]
    claim = claimed(database, first.id)
    assert claim.layer_keys == {}
    four = (*imported().layers, imported().layers[2].model_copy(update={"depth": 3, "name": "norm"}))
    known = runs.described(database, claim, imported(layers=four))
    assert sorted(known.layer_keys) == [0, 1, 2, 3]
    assert statistics.append(database, known, layers=layer_rows(range(2), range(4)))
    assert claimed(database, second.id, owner="b").layer_keys == known.layer_keys
    runs.finish(database, known, outcome())
    evidence = diagnoses.evidence(database, diagnosis, "insert-norm")
    assert evidence.layers == four
    assert [row.depth for row in evidence.runs[0].layers] == [0, 1, 2, 3] * 2


def test_a_trial_that_leaves_the_graph_as_it_is_keeps_its_layers(database):
    diagnosis = created(database)
    finished(database, diagnosis)
    script = Script([Move(candidates=(candidate(),), runs=(request(),))])
    diagnoses.settle(database, diagnosis, script.mind())
    claim = claimed(database, diagnoses.get(database, diagnosis).runs[2].id)
    assert runs.described(database, claim, imported()) == claim
    diagnoses.cancel(database, diagnosis)
    assert runs.described(database, claim, imported()) is None


def test_layers_told_by_a_trial_are_known_to_the_race(database):
    diagnosis = created(database)
    finished(database, diagnosis)
    script = Script([Move(candidates=(candidate(layers=()),), runs=(request(),))])
    diagnoses.settle(database, diagnosis, script.mind())
    claim = claimed(database, diagnoses.get(database, diagnosis).runs[2].id)
    runs.finish(database, runs.described(database, claim, imported()), outcome())
    diagnoses.settle(database, diagnosis, script.mind())
    assert script.races[0].candidates[0].layers == imported().layers
