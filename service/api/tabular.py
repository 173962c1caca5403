"""Rows as CSV, a line at a time, with NaN and Infinity by name."""

import csv
import io
import math
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel

from service.schemas.measured import MeasuredTime

MEDIA_TYPE = "text/csv"


def lines(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The table, its header from the first row; nothing where there is no row."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for number, row in enumerate(rows):
        if number == 0:
            writer.writerow(row)
        writer.writerow(map(_cell, row.values()))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def plain(item: BaseModel) -> Iterator[dict[str, Any]]:
    """One row, with the fields that the item was given."""
    given = item.model_fields_set
    yield {name: getattr(item, name) for name in type(item).model_fields if name in given}


def by_time(item: MeasuredTime) -> Iterator[dict[str, Any]]:
    """A row for each time of a profile."""
    place = {
        name: getattr(item, name)
        for name in ("variant", "seed", "round", "network", "layer", "depth", "step")
    }
    for time, gradient in zip(item.times, item.gradient_rms, strict=True):
        yield {**place, "time": time, "gradient_rms": gradient}


def _cell(value: object) -> object:
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
