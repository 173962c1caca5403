import math

import pytest

from service.schemas.statistics import (
    LAYER_STATISTICS,
    NETWORK_STATISTICS,
    LayerStatistics,
    NetworkStatistics,
)
from service.store import diagnoses, runs, statistics
from service.store.measurements import layer_statistics, network_statistics
from tests.service.store.examples import (
    claimed,
    created,
    layer_rows,
    network_rows,
    outcome,
    profiles,
    run_ids,
)


@pytest.fixture
def claim(database):
    return claimed(database, run_ids(database, created(database, seeds=1))[0])


def measured(database, claim):
    """What is stored of a run, as evidence."""
    runs.finish(database, claim, outcome())
    return diagnoses.evidence(database, claim.diagnosis_id).runs[0]


def test_every_statistic_has_a_column():
    assert [column.name for column in layer_statistics.c if not column.primary_key] == list(LAYER_STATISTICS)
    assert [column.name for column in network_statistics.c if not column.primary_key] == list(
        NETWORK_STATISTICS
    )


def test_every_statistic_comes_back_under_its_name(database, claim):
    layer = LayerStatistics(depth=2, step=4, **{name: float(i) for i, name in enumerate(LAYER_STATISTICS)})
    network = NetworkStatistics(step=4, **{name: -float(i) for i, name in enumerate(NETWORK_STATISTICS)})
    assert statistics.append(database, claim, layers=[layer], network=[network])
    found = measured(database, claim)
    assert found.layers == (layer,)
    assert found.network == (network,)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.0, None])
def test_what_is_no_plain_number_comes_back_too(database, claim, value):
    layer = LayerStatistics(depth=0, step=0, activation_rms=value)
    network = NetworkStatistics(step=0, loss=value)
    statistics.append(database, claim, layers=[layer], network=[network])
    found = measured(database, claim)
    assert found.layers[0].model_dump_json() == layer.model_dump_json()
    assert found.network[0].model_dump_json() == network.model_dump_json()


def test_numbers_beyond_a_single_do_not_lose_the_batch(database, claim):
    rows = [
        LayerStatistics(depth=0, step=step, weight_gradient_rms=value)
        for step, value in enumerate((1e60, -1e60, 1e-60, 1e-40))
    ]
    assert statistics.append(database, claim, layers=rows)
    found = [row.weight_gradient_rms for row in measured(database, claim).layers]
    assert found[:3] == [math.inf, -math.inf, 0.0]
    assert found[3] == pytest.approx(1e-40, rel=1e-4)


def test_a_batch_written_twice_counts_once(database, claim):
    for _ in range(2):
        assert statistics.append(
            database,
            claim,
            layers=layer_rows(range(2)),
            network=network_rows(range(2)),
            time_profiles=profiles(range(2)),
        )
    found = measured(database, claim)
    assert (len(found.layers), len(found.network), len(found.time_profiles)) == (6, 2, 2)


def test_an_empty_batch_still_says_whether_the_claim_holds(database, claim):
    assert statistics.append(database, claim)
    diagnoses.cancel(database, claim.diagnosis_id)
    assert not statistics.append(database, claim)


def test_nothing_is_written_after_the_end(database, claim):
    found = measured(database, claim)
    assert not statistics.append(database, claim, layers=layer_rows(range(2)))
    assert diagnoses.evidence(database, claim.diagnosis_id).runs[0] == found


def test_runs_do_not_mix(database):
    first, second = run_ids(database, created(database))
    statistics.append(database, claimed(database, first), layers=layer_rows(range(1), value=1.0))
    other = claimed(database, second)
    statistics.append(database, other, layers=layer_rows(range(1), value=2.0))
    runs.finish(database, other, outcome())
    (found,) = diagnoses.evidence(database, other.diagnosis_id).runs
    assert [row.weight_gradient_rms for row in found.layers] == [2.0, 4.0, 6.0]
