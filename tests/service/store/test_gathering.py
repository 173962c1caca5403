import pytest

from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence
from service.schemas.race import Move
from service.store import diagnoses, runs
from service.store.mind import Mind
from tests.service.store.examples import claimed, created, finished, judge, outcome
from tests.service.store.racers import Script, candidate, request, tried


@pytest.fixture
def probed(database):
    """A diagnosis whose baseline has run."""
    name = created(database)
    finished(database, name)
    return name


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
