"""More units in hidden layers that have hardly any.

What it changes: hidden linear layers of at most eight units get four times as many.

When it helps: a network with barely as many units as its task needs, whose training sits on a plateau: with more units
there are more ways off it. Most often together with steps that do not follow the gradient's size.

When it does not: layers that are wide enough; gradients that vanish, input out of scale, a rate that is far too low.

Source: Safran and Shamir (2018), "Spurious local minima are common in two-layer ReLU neural networks": they become rare
with a few units more than needed.
"""

from collections.abc import Iterator
from typing import Any

from service.diagnosis.remedies.anatomy import hidden, width
from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.items import NARROW
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table

TIMES = 4


@remedy(
    "add-units",
    answers={"not-learning": 19, "learning-rate-too-low": 40, "symmetric-units": 60},
    pairs=("use-adaptive-optimizer",),
)
def propose(case: Case) -> Iterator[Proposal]:
    """One way."""
    yield from case.offer(
        "",
        f"Hidden layers get {TIMES} times as many units.",
        _widened,
        torch=f"nn.Linear(n, {TIMES} * h) in the place of nn.Linear(n, h)",
        keras=f"Dense({TIMES} * h) in the place of Dense(h)",
    )


def _widened(table: Table) -> Table:
    found = [layer for layer in hidden(table) if layer.type == "Linear"]
    if not found or width(table) > NARROW:
        raise Impossible("there are units enough")
    return table.exchanged(found, _more)


def _more(item: Any) -> Any:
    return item | {"out_features": TIMES * item["out_features"]}
