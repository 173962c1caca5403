"""Units left out at random while training.

What it changes: a Dropout of .2 behind each hidden activation.

When it helps: generalisation, which this service does not judge.

When it does not: vanishing and exploding gradients, for which it is often advised: it adds noise to a signal that is
ill already. The profile full tries it and says what it did.

Source: Srivastava et al. (2014).
"""

from collections.abc import Iterator

from service.diagnosis.remedies.anatomy import activations
from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table

SHARE = 0.2


@remedy(
    "add-dropout",
    answers={
        "symmetric-units": 70, "diverging-training": 86, "exploding-gradient": 86, "gradient-spikes": 86,
        "oscillating-loss": 86, "exploding-signal": 88, "exploding-through-time": 88,
        "vanishing-gradient": 88,
    },
    regulariser=True,
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """One way."""
    yield from case.offer(
        "",
        f"A dropout of {SHARE:g} comes behind each hidden activation.",
        _dropped,
        torch=f"nn.Dropout({SHARE:g})",
        keras=f"Dropout({SHARE:g})",
    )


def _dropped(table: Table) -> Table:
    found = activations(table)
    if not found or table.from_file:
        raise Impossible("there is no place for a dropout")
    return table.inserted(found, lambda _layer: {"type": "Dropout", "p": SHARE})
