"""A loss that is lowered, and not raised.

What it changes: the optimiser's maximize is taken away.

When it helps: a sign was turned round: the loss rises without end.

When it does not: everywhere else.

Source: the definition.
"""

from collections.abc import Iterator

from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table


@remedy("minimize-loss", answers={"unbounded-objective": 6, "diverging-training": 8, "not-learning": 16})
def propose(case: Case) -> Iterator[Proposal]:
    """One way."""
    yield from case.offer(
        "",
        "The optimiser minimises the loss instead of maximising it.",
        _minimised,
        torch="maximize=False",
        keras="minimise the loss: take the minus sign away",
    )


def _minimised(table: Table) -> Table:
    if not table.submission.training.optimizer.maximize:
        raise Impossible("it is minimised")
    return table.set("training.optimizer", maximize=None)
