"""Names of layers: what was written, or the type in lower case, and a number where a name is taken."""

from collections.abc import Sequence

from service.schemas.layers.base import LayerSpec
from service.schemas.network import Item, Repeat, Use

RESERVED = ("input",)


def names_of(body: Sequence[Item], *, reserved: Sequence[str] = ()) -> tuple[str, ...]:
    """A name for each item, all different; what was written wins over what follows from a type."""
    taken = {*RESERVED, *reserved}
    names: dict[int, str] = {}
    written_first = sorted(range(len(body)), key=lambda i: body[i].name is None)
    last: dict[str, int] = {}
    for i in written_first:
        wanted = body[i].name or _type_name(body[i])
        names[i] = _free(wanted, taken, last)
        taken.add(names[i])
    return tuple(names[i] for i in range(len(body)))


def _free(wanted: str, taken: set[str], last: dict[str, int]) -> str:
    """The name itself or with the first free number from 2; `last` saves counting again from there."""
    if wanted not in taken:
        return wanted
    number = last.get(wanted, 1) + 1
    while f"{wanted}_{number}" in taken:
        number += 1
    last[wanted] = number
    return f"{wanted}_{number}"


def _type_name(item: Item) -> str:
    if isinstance(item, LayerSpec):
        return item.type.lower()
    if isinstance(item, Use):
        return item.use.lower()
    return "repeat" if isinstance(item, Repeat) else "residual"
