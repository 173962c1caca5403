"""A page of a list: some items, and where to go on."""

from typing import Generic, TypeVar

from service.schemas.base import Output

Item = TypeVar("Item")


class Page(Output, Generic[Item]):
    """Part of a list, in its stable order."""

    items: tuple[Item, ...]
    next_cursor: str | None = None
    """Hand it back to get the next page; null on the last one."""
