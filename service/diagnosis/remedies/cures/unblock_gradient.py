"""Layers that let nothing through are taken away.

What it changes: dropout of more than four fifths, thresholds, shrinkages and clamps to a range without zero leave the
network.

When it helps: no gradient reaches what is before such a layer: it answers the same to every example.

When it does not: everywhere else; a threshold that some numbers pass is an activation like others.

Source: the definition; measured on this project's corpus.
"""

from collections.abc import Iterator

from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table
from service.schemas.plan import Layer

FLAT = frozenset({"Threshold", "Hardshrink", "Softshrink"})
MOST = 0.8
"""Share of units that a dropout may leave out."""


@remedy(
    "unblock-gradient",
    answers={
        "no-gradient": 6, "saturated-activation": 6, "vanishing-signal": 10, "dead-units": 22,
        "not-learning": 22, "vanishing-gradient": 22, "poor-initialization": 24,
    },
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """One way."""
    found = [layer for layer in case.table.layers if _blocks(case.table, layer)]
    if not found:
        return
    yield from case.offer(
        "",
        f"{', '.join(layer.name for layer in found[:3])} {'leaves' if len(found) == 1 else 'leave'} the network.",
        _unblocked,
        torch="take the layer out of nn.Sequential, or put nn.Identity() there",
        keras="take the layer out",
    )


def _unblocked(table: Table) -> Table:
    found = [layer for layer in table.layers if _blocks(table, layer)]
    if not found:
        raise Impossible("nothing is in the way")
    if table.from_file:
        return table.swapped(found, {"type": "LeakyReLU", "negative_slope": 1.0})
    return table.removed(found)


def _blocks(table: Table, layer: Layer) -> bool:
    """Whether a layer of its kind and arguments may answer the same to everything."""
    if layer.family == "dropout":
        share = table.structure.argument(layer, "p", default=0.5)
        return isinstance(share, int | float) and share > MOST
    if layer.type == "Hardtanh":
        low = table.structure.argument(layer, "min_val", default=-1.0)
        high = table.structure.argument(layer, "max_val", default=1.0)
        return isinstance(low, int | float) and isinstance(high, int | float) and not low <= 0 <= high
    return layer.type in FLAT
