import pytest
from sqlalchemy import func, select

from service.schemas.race import Move
from service.store import diagnoses, statistics
from service.store.measurements import layer_statistics, layer_summaries
from service.store.mind import UnsoundMove
from service.store.tables import diagnosis_layers, variants
from tests.service.store.examples import claimed, created, finished, layer_rows
from tests.service.store.racers import Script, candidate, one_round, request, tried


@pytest.fixture
def probed(database):
    """A diagnosis whose baseline has run."""
    name = created(database)
    finished(database, name)
    return name


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


def test_trials_have_no_part_in_a_layers_history(database, probed):
    script = one_round()
    diagnoses.settle(database, probed, script.mind())
    tried(database, probed)
    diagnoses.settle(database, probed, script.mind())
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(layer_summaries)) == 2 * 3


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
