import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select

from service.store.columns import Moment, Real, now
from service.store.database import Database

TABLE = Table(
    "probe", MetaData(), Column("id", Integer, primary_key=True), Column("value", Real), Column("at", Moment)
)


@pytest.fixture
def stored(database: Database):
    def store(**values: object) -> object:
        with database.begin() as connection:
            TABLE.create(connection, checkfirst=True)
            connection.execute(TABLE.delete())
            connection.execute(insert(TABLE).values(id=1, **values))
        with database.read() as connection:
            return connection.execute(select(TABLE)).one()

    yield store
    with database.begin() as connection:
        TABLE.drop(connection, checkfirst=True)


@pytest.mark.parametrize("value", [0.0, 1.5, -3.0e38, 1e-38, 1e-40, math.inf, -math.inf, None])
def test_a_single_comes_back_as_it_was(stored, value):
    found = stored(value=value).value
    assert found == value or found == pytest.approx(value, rel=1e-4)


def test_nan_comes_back_as_nan(stored):
    assert math.isnan(stored(value=math.nan).value)


@pytest.mark.parametrize(
    ("value", "kept"), [(1e60, math.inf), (-1e60, -math.inf), (1e-60, 0.0), (-1e-60, 0.0)]
)
def test_what_a_single_cannot_hold_becomes_infinite_or_zero(stored, value, kept):
    assert stored(value=value).value == kept


def test_moments_come_back_in_utc(stored):
    there = datetime(2026, 3, 1, 12, 30, tzinfo=timezone(timedelta(hours=5)))
    assert stored(at=there).at == there
    assert stored(at=there).at.tzinfo == UTC


def test_a_naive_moment_is_taken_as_utc(stored):
    assert stored(at=datetime(2026, 3, 1, 12, 30)).at == datetime(2026, 3, 1, 12, 30, tzinfo=UTC)  # noqa: DTZ001


def test_the_database_knows_the_time(stored):
    assert abs(stored(at=now()).at - datetime.now(UTC)) < timedelta(seconds=30)


@pytest.mark.parametrize("shift", [-90.5, -1, 0.25, 30])
def test_the_clock_can_be_shifted(database, shift):
    with database.read() as connection:
        row = connection.execute(select(now().label("now"), now(shift).label("then"))).one()
    assert (row.then - row.now).total_seconds() == pytest.approx(shift, abs=0.2)


def test_shifted_moments_compare_in_order_of_time(database):
    with database.read() as connection:
        row = connection.execute(select(now(-0.5) < now(), now(0.5) > now(), now(-0.5) < now(-0.1))).one()
    assert all(row)
