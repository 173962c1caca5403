from datetime import UTC, datetime, timedelta

import pytest

from service.errors import MalformedParameter
from service.schemas.diagnosis import Judgement
from service.schemas.query import DiagnosisFilter
from service.store import diagnoses
from service.store.mind import Mind
from tests.service.store.examples import created, finding, finished, judge

ALL = DiagnosisFilter()


def names(database, **wanted):
    return [item.id for item in diagnoses.page(database, DiagnosisFilter(**wanted), None, 50).items]


def test_the_newest_come_first(database):
    made = [created(database) for _ in range(3)]
    assert names(database) == made[::-1]


@pytest.mark.parametrize("limit", [1, 2, 5, 7])
def test_pages_hold_every_diagnosis_once(database, limit):
    made = [created(database) for _ in range(5)]
    found: list[str] = []
    cursor = None
    while True:
        page = diagnoses.page(database, ALL, cursor, limit)
        found += [item.id for item in page.items]
        assert len(page.items) <= limit
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == made[::-1]


def test_what_is_new_does_not_disturb_the_pages(database):
    made = [created(database) for _ in range(4)]
    first = diagnoses.page(database, ALL, None, 2)
    created(database)
    diagnoses.delete(database, first.items[0].id)
    second = diagnoses.page(database, ALL, first.next_cursor, 2)
    assert [item.id for item in second.items] == [made[1], made[0]]


def test_diagnoses_are_filtered_by_where_they_come_from(database):
    here = created(database, project="a", branch="main", commit="1")
    there = created(database, project="b", branch="main", commit="2")
    assert names(database, project="a") == [here]
    assert names(database, branch="main") == [there, here]
    assert names(database, branch="main", commit="2") == [there]
    assert names(database, project="a", commit="2") == []


def test_diagnoses_are_filtered_by_what_became_of_them(database):
    waiting, done, canceled = created(database), created(database), created(database)
    finished(database, done)
    diagnoses.settle(database, done, Mind(judge))
    diagnoses.cancel(database, canceled)
    assert names(database, status="queued") == [waiting]
    assert names(database, status="succeeded") == [done]
    assert names(database, status="canceled") == [canceled]
    assert names(database, verdict="unstable") == [done]
    assert names(database, verdict="healthy") == []


def test_diagnoses_are_filtered_by_what_was_found(database):
    ill, well = created(database), created(database)
    for name in (ill, well):
        finished(database, name)
    said = (
        finding(layers=("first", "sigmoid")),
        finding("dead-units", ("head",)),
        finding("dead-units", ("first",)),
    )
    judgement = Judgement(verdict="unstable", summary="Ill.", findings=said, rules_version="1")
    diagnoses.settle(database, ill, Mind(lambda evidence: judgement))
    healthy = Judgement(verdict="healthy", summary="Well.", rules_version="1")
    diagnoses.settle(database, well, Mind(lambda evidence: healthy))
    assert names(database, rule="dead-units") == [ill]
    assert names(database, rule="exploding-gradient") == []
    assert names(database, layer="sigmoid") == [ill]
    assert names(database, layer="third") == []
    whole, sick = diagnoses.page(database, ALL, None, 50).items
    assert (whole.rules, sick.rules) == ((), ("vanishing-gradient", "dead-units"))
    assert (sick.verdict, sick.summary, sick.progress) == ("unstable", "Ill.", 1.0)


def test_a_moment_belongs_to_what_comes_after_it(database):
    name = created(database)
    moment = diagnoses.get(database, name).created_at
    assert names(database, created_after=moment) == [name]
    assert names(database, created_before=moment) == []


def test_diagnoses_are_filtered_by_time(database):
    name = created(database)
    before, after = datetime.now(UTC) - timedelta(minutes=5), datetime.now(UTC) + timedelta(minutes=5)
    assert names(database, created_after=before, created_before=after) == [name]
    assert names(database, created_after=after) == []
    assert names(database, created_before=before) == []
    there = after.astimezone().replace(tzinfo=None).astimezone()
    assert names(database, created_before=there) == [name]


@pytest.mark.parametrize("cursor", ["", "x", "bm90IGpzb24", "WzFd", "WyJsYXllciIsMV0", "é", "W" * 10_000])
def test_a_cursor_that_is_none_is_refused(database, cursor):
    with pytest.raises(MalformedParameter):
        diagnoses.page(database, ALL, cursor, 10)
