"""Parameters of lists: bounded so that no database refuses them."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from flask import request
from pydantic import AwareDatetime, Field

Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
"""Text that every database can hold."""
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A number that every database can hold."""
Moment = Annotated[
    AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), le=datetime(9000, 1, 1, tzinfo=UTC))
]
"""A time with its offset, far from both ends of the calendar: converting it to UTC cannot fail."""
Cursor = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[A-Za-z0-9_=-]+$")]
"""What a page gave out as `next_cursor`."""


def next_link(cursor: str | None) -> dict[str, str]:
    """The header that leads to the next page with the same filters; none after the last one."""
    if cursor is None:
        return {}
    query = [pair for pair in request.args.items(multi=True) if pair[0] != "cursor"]
    return {"Link": f'<{request.path}?{urlencode([*query, ("cursor", cursor)])}>; rel="next"'}
