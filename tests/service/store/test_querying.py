import json
from collections.abc import Callable

import pytest

from service.errors import MalformedParameter, NotFound
from service.schemas.page import Page
from service.schemas.query import LayerRow, StatisticsFilter
from service.schemas.race import Move
from service.schemas.statistics import LAYER_STATISTICS
from service.store import diagnoses, statistics
from tests.service.store.examples import (
    claimed,
    created,
    finished,
    layer_rows,
    network_rows,
    profiles,
    run_ids,
)
from tests.service.store.racers import Script, candidate, request, tried

ALL = StatisticsFilter()


@pytest.fixture
def diagnosis(database):
    """Two runs, three layers, four steps."""
    name = created(database)
    for place, run in enumerate(run_ids(database, name)):
        statistics.append(
            database,
            claimed(database, run),
            layers=layer_rows(range(4), value=place + 1.0),
            network=network_rows(range(4)),
            time_profiles=profiles(range(2)),
        )
    other = created(database)
    statistics.append(database, claimed(database, run_ids(database, other)[0]), layers=layer_rows(range(4)))
    return name


def everything(read: Callable[[str | None], Page[LayerRow]]) -> list[LayerRow]:
    """Every item of every page."""
    found: list[LayerRow] = []
    cursor = None
    while True:
        page = read(cursor)
        found.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return found


def places(rows):
    return [(row.seed, row.depth, row.step) for row in rows]


def test_rows_come_in_order_of_run_depth_and_step(database, diagnosis):
    page = statistics.layer_rows(database, diagnosis, ALL, None, 100)
    assert places(page.items) == [
        (seed, depth, step) for seed in (0, 1) for depth in range(3) for step in range(4)
    ]
    assert page.next_cursor is None
    row = page.items[5]
    assert (row.variant, row.network, row.layer) == ("baseline", "main", "sigmoid")
    assert set(row.values) == set(LAYER_STATISTICS)


@pytest.mark.parametrize("limit", [1, 5, 23, 24])
def test_pages_hold_every_row_once(database, diagnosis, limit):
    whole = statistics.layer_rows(database, diagnosis, ALL, None, 100).items
    paged = everything(lambda cursor: statistics.layer_rows(database, diagnosis, ALL, cursor, limit))
    assert tuple(paged) == whole


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ({"seed": 1}, lambda seed, depth, step: seed == 1),
        ({"layer": "head"}, lambda seed, depth, step: depth == 2),
        ({"first_step": 2}, lambda seed, depth, step: step >= 2),
        ({"last_step": 1}, lambda seed, depth, step: step <= 1),
        ({"layer": "first", "first_step": 1, "last_step": 2}, lambda seed, depth, step: depth == 0 and step in (1, 2)),
        ({"layer": "nowhere"}, lambda seed, depth, step: False),
        ({"seed": 9}, lambda seed, depth, step: False),
        ({"variant": "baseline"}, lambda seed, depth, step: True),
        ({"round": 0}, lambda seed, depth, step: True),
        ({"round": 1}, lambda seed, depth, step: False),
    ],
)  # fmt: skip
def test_rows_are_filtered(database, diagnosis, asked, kept):
    whole = places(statistics.layer_rows(database, diagnosis, ALL, None, 100).items)
    found = statistics.layer_rows(database, diagnosis, StatisticsFilter(**asked), None, 100)
    assert places(found.items) == [place for place in whole if kept(*place)]


def test_only_the_metrics_asked_for_are_given(database, diagnosis):
    asked = StatisticsFilter(
        metrics=("activation_rms", "weight_gradient_rms"), layer="head", seed=1, last_step=0
    )
    (row,) = statistics.layer_rows(database, diagnosis, asked, None, 100).items
    assert row.values == {"activation_rms": 2.0, "weight_gradient_rms": 6.0}


def test_an_unknown_metric_is_refused_with_a_hint(database, diagnosis):
    with pytest.raises(MalformedParameter, match="Did you mean activation_rms"):
        statistics.layer_rows(database, diagnosis, StatisticsFilter(metrics=("activation_rmx",)), None, 100)
    with pytest.raises(MalformedParameter):
        statistics.network_rows(database, diagnosis, StatisticsFilter(metrics=("activation_rms",)), None, 100)


def test_a_variant_that_was_never_run_is_refused(database, diagnosis):
    with pytest.raises(MalformedParameter, match="no runs of 'use-relu'"):
        statistics.layer_rows(database, diagnosis, StatisticsFilter(variant="use-relu"), None, 100)


def test_the_network_has_rows_of_its_own(database, diagnosis):
    asked = StatisticsFilter(metrics=("loss",), seed=1)
    paged = everything(lambda cursor: statistics.network_rows(database, diagnosis, asked, cursor, 3))
    assert [(row.seed, row.step) for row in paged] == [(1, step) for step in range(4)]
    assert paged[1].values == {"loss": 1.25}


def test_gradients_over_time_are_read_as_lists(database, diagnosis):
    paged = everything(lambda cursor: statistics.time_rows(database, diagnosis, ALL, cursor, 1))
    assert [(row.seed, row.layer, row.step) for row in paged] == [
        (s, "sigmoid", t) for s in (0, 1) for t in (0, 1)
    ]
    assert paged[0].times == (0, 5)
    assert json.loads(paged[0].model_dump_json())["gradient_rms"] == [1e-9, "NaN"]


def test_values_that_are_no_plain_numbers_are_served_as_words(database):
    name = created(database, seeds=1)
    row = layer_rows(range(1), range(1))[0].model_copy(update={"activation_max": float("inf")})
    statistics.append(database, claimed(database, run_ids(database, name)[0]), layers=[row])
    asked = StatisticsFilter(metrics=("activation_max", "update_ratio"))
    page = statistics.layer_rows(database, name, asked, None, 10)
    assert json.loads(page.model_dump_json())["items"][0]["values"] == {
        "activation_max": "Infinity",
        "update_ratio": None,
    }


def test_a_cursor_of_another_list_is_refused(database, diagnosis):
    cursor = statistics.layer_rows(database, diagnosis, ALL, None, 1).next_cursor
    with pytest.raises(MalformedParameter):
        statistics.network_rows(database, diagnosis, ALL, cursor, 1)


def test_statistics_of_nothing_are_not_found(database):
    with pytest.raises(NotFound):
        statistics.layer_rows(database, "dg_0", ALL, None, 1)


def test_statistics_of_a_trial_are_asked_for_by_its_name(database):
    name = created(database, seeds=1)
    finished(database, name)
    again = Move(runs=(request(round_=2),))
    script = Script([Move(candidates=(candidate(width=32),), runs=(request(),)), again])
    for _ in range(2):
        diagnoses.settle(database, name, script.mind())
        tried(database, name)
    assert {row.variant for row in statistics.layer_rows(database, name, ALL, None, 100).items} == {
        "baseline"
    }
    asked = StatisticsFilter(variant="use-relu")
    paged = everything(lambda cursor: statistics.layer_rows(database, name, asked, cursor, 5))
    assert [(row.round, row.depth, row.step) for row in paged] == [
        (number, depth, step) for number in (1, 2) for depth in range(3) for step in range(2)
    ]
    assert {(row.variant, row.layer) for row in paged if row.depth == 2} == {("use-relu", "head")}
    rounds = [row.round for row in statistics.network_rows(database, name, asked, None, 100).items]
    assert rounds == [1] * 5 + [2] * 5
