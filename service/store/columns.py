"""Column types that mean the same on PostgreSQL and SQLite, and the database's own clock."""

import ctypes
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import REAL, ColumnElement, DateTime, Dialect, cast, literal
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType


class Untouched(UserDefinedType[Any]):
    """A REAL column whose values SQLAlchemy hands on as they are, text included."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        """The type's name in SQL."""
        return "REAL"


class Real(TypeDecorator[float]):
    """A float32 of which NaN and infinity are legitimate values.

    PostgreSQL refuses a number that a `real` cannot hold, so it is rounded here: what is too large becomes
    infinite, what is too small becomes zero. SQLite would turn NaN
    into NULL, so it keeps it as text (which a column of REAL affinity leaves alone).
    """

    impl = REAL
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """A number that may be text on SQLite."""
        return Untouched() if dialect.name == "sqlite" else super().load_dialect_impl(dialect)

    # These two instead of process_bind_param and process_result_value: a third of the time, millions of times.
    def bind_processor(self, dialect: Dialect) -> Callable[[float | None], float | str | None]:
        """Round to float32; NaN becomes text on SQLite."""
        return _text_for_nan if dialect.name == "sqlite" else _rounded

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], float | None] | None:  # noqa: ARG002
        """Text becomes NaN again."""
        return _number if dialect.name == "sqlite" else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else ctypes.c_float(value).value


def _text_for_nan(value: float | None) -> float | str | None:
    if value is None:
        return None
    rounded = ctypes.c_float(value).value
    return "NaN" if rounded != rounded else rounded


def _number(value: float | str | None) -> float | None:
    return float(value) if isinstance(value, str) else value


class Moment(TypeDecorator[datetime]):
    """A moment in time, always aware and in UTC on this side."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite keeps moments as text without a zone, so they go in as UTC; a naive one is taken as UTC."""
        if value is None:
            return None
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return aware.replace(tzinfo=None) if dialect.name == "sqlite" else aware

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """Say the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class DatabaseClock(FunctionElement[datetime]):
    """The database's wall clock, shifted by a number of seconds: leases never trust a worker's clock."""

    type = Moment()
    inherit_cache = True


def now(shift: float | ColumnElement[float] = 0.0) -> DatabaseClock:
    """The database's present time plus `shift` seconds."""
    seconds = literal(shift) if isinstance(shift, int | float) else shift
    return DatabaseClock(cast(seconds, DOUBLE_PRECISION().with_variant(REAL(), "sqlite")))


@compiles(DatabaseClock, "postgresql")
def _postgresql(element: DatabaseClock, compiler: SQLCompiler, **options: Any) -> str:
    # Not now(): a transaction that waited for a lock would reckon with the time before the wait.
    return f"(clock_timestamp() + make_interval(secs => {compiler.process(element.clauses, **options)}))"


@compiles(DatabaseClock, "sqlite")
def _sqlite(element: DatabaseClock, compiler: SQLCompiler, **options: Any) -> str:
    # The digits of SQLAlchemy's own text format, so that moments compare as text.
    shift = compiler.process(element.clauses, **options)
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', ({shift}) || ' seconds') || '000')"
