"""A loss that is the mean over its terms, and not their sum.

What it changes: the loss's reduction: mean.

When it helps: plain gradient descent with a rate made for a mean: a sum over 64 examples makes every step 64 times as
long.

When it does not: adaptive optimisers and clipping by norm, which take the scale out of the step anyway.

Source: the definition; measured on this project's corpus.
"""

from collections.abc import Iterator

from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table


@remedy(
    "average-loss",
    answers={
        "loss-reduction-scale": 6, "learning-rate-too-high": 9, "diverging-training": 10,
        "gradient-spikes": 10, "oscillating-loss": 10, "clipping-masks-gradients": 12, "dead-units": 24,
        "exploding-gradient": 34,
    },
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """One way."""
    yield from case.offer(
        "",
        "The loss is averaged over its terms instead of added up.",
        _averaged,
        torch='nn.CrossEntropyLoss(reduction="mean")',
        keras='reduction="sum_over_batch_size"',
    )


def _averaged(table: Table) -> Table:
    if table.submission.training.loss.reduction != "sum":
        raise Impossible("it is a mean already")
    return table.set("training.loss", reduction=None)
