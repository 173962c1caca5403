"""What was measured, as JSON pages or as one CSV table."""

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, Literal, TypeVar

from flask import Blueprint, Response, request
from pydantic import BaseModel, Field

from service.api import tabular
from service.api.clinic import clinic
from service.api.edge import Reply, gives, takes
from service.api.parameters import Count, Cursor, Word, next_link
from service.errors import NotFound
from service.schemas.measured import MeasuredLayer, MeasuredNetwork, MeasuredTime
from service.schemas.page import Page
from service.schemas.query import StatisticsFilter
from service.store import querying

blueprint = Blueprint("statistics", __name__)

Row = TypeVar("Row", bound=BaseModel)
TABLE = Reply(200, None, "All rows", media_type=tabular.MEDIA_TYPE, schema={"type": "string"})
NEXT = {"Link": "The next page"}


class StatisticsQuery(StatisticsFilter):
    """Which rows, how many, and in which form."""

    metrics: tuple[Word, ...] = Field(default=(), alias="metric", max_length=40)
    """Statistic to show, e.g. `output_gradient_rms`; may be given many times. All where none is."""
    layer: Word | None = None
    """Name of a layer."""
    variant: Word = "baseline"
    """`baseline`, or the name of a remedy that was tried."""
    seed: Count | None = None
    """Seed of a run."""
    round: Count | None = None
    """Round of trials, from 1: a remedy that promises something is run again, for longer, in the next."""
    first_step: Count | None = None
    """First step to show."""
    last_step: Count | None = None
    """Last step to show."""
    cursor: Cursor | None = None
    """`next_cursor` of the page before."""
    limit: Annotated[int, Field(ge=1, le=5000)] = 1000
    """Rows on a page of JSON; a CSV table holds all rows."""
    format: Literal["json", "csv"] | None = None
    """Overrules the header `Accept` (`application/json`, `text/csv`)."""


@blueprint.get("/diagnoses/<id:diagnosis_id>/statistics")
@takes(query=StatisticsQuery)
@gives(Reply(200, Page[MeasuredLayer], "Rows by run, depth and step", NEXT), TABLE, refuses=(NotFound,))
def of_layers(diagnosis_id: str, query: StatisticsQuery) -> Response:
    """Read the statistics of layers.

    Rows appear while the runs are under way. Null (in CSV an empty cell) means not measured.
    """
    store = clinic().database

    def page(cursor: str | None) -> Page[MeasuredLayer]:
        found = querying.layer_rows(store, diagnosis_id, query, cursor, query.limit)
        return Page(items=tuple(map(MeasuredLayer.of, found.items)), next_cursor=found.next_cursor)

    return _answer(query, page, tabular.plain)


@blueprint.get("/diagnoses/<id:diagnosis_id>/statistics/network")
@takes(query=StatisticsQuery)
@gives(Reply(200, Page[MeasuredNetwork], "Rows by run and step", NEXT), TABLE, refuses=(NotFound,))
def of_network(diagnosis_id: str, query: StatisticsQuery) -> Response:
    """Read the statistics of the network.

    Loss and learning rate of every step, the rest where it was probed.
    """
    store = clinic().database

    def page(cursor: str | None) -> Page[MeasuredNetwork]:
        found = querying.network_rows(store, diagnosis_id, query, cursor, query.limit)
        return Page(items=tuple(map(MeasuredNetwork.of, found.items)), next_cursor=found.next_cursor)

    return _answer(query, page, tabular.plain)


@blueprint.get("/diagnoses/<id:diagnosis_id>/statistics/time")
@takes(query=StatisticsQuery)
@gives(Reply(200, Page[MeasuredTime], "Rows by run, depth and step", NEXT), TABLE, refuses=(NotFound,))
def of_time(diagnosis_id: str, query: StatisticsQuery) -> Response:
    """Read the gradient over time.

    Of recurrent layers, by time step of the sequence; in CSV one row for each.
    """
    store = clinic().database

    def page(cursor: str | None) -> Page[MeasuredTime]:
        found = querying.time_rows(store, diagnosis_id, query, cursor, query.limit)
        return Page(items=tuple(map(MeasuredTime.of, found.items)), next_cursor=found.next_cursor)

    return _answer(query, page, tabular.by_time)


def _answer(
    query: StatisticsQuery,
    page: Callable[[str | None], Page[Row]],
    cells: Callable[[Row], Iterable[dict[str, Any]]],
) -> Response:
    first = page(query.cursor)
    if _wants_csv(query):
        table = tabular.lines(row for item in _all(first, page) for row in cells(item))
        return Response(table, mimetype=tabular.MEDIA_TYPE)
    content = first.model_dump_json(exclude_unset=True)
    return Response(content, headers=next_link(first.next_cursor), mimetype="application/json")


def _all(page: Page[Row], following: Callable[[str | None], Page[Row]]) -> Iterator[Row]:
    """The rows of this page and of all after it; no connection is held while a client reads slowly."""
    yield from page.items
    while page.next_cursor is not None:
        page = following(page.next_cursor)
        yield from page.items


def _wants_csv(query: StatisticsQuery) -> bool:
    if query.format is not None:
        return query.format == "csv"
    offered = ["application/json", tabular.MEDIA_TYPE]
    return request.accept_mimetypes.best_match(offered) == tabular.MEDIA_TYPE
