"""Weights drawn towards zero at every step.

What it changes: the optimiser's weight_decay (L2, 1e-2 and 1e-4), or an L1 penalty.

When it helps: it holds weights that would grow for ever, and generalisation, which this service does not judge.

When it does not: exploding gradients that are there before the first step, vanishing ones, a rate too high. It is
widely advised for them, so the profile full tries it and says what it did.

Source: Krogh and Hertz (1992); Pascanu et al. (2013) for L1 and L2 in recurrent networks.
"""

from collections.abc import Iterator
from functools import partial

from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table
from service.schemas.arguments import OPTIMIZER_ARGUMENTS


@remedy(
    "weight-decay",
    answers={
        "unbounded-objective": 60, "diverging-training": 80, "gradient-spikes": 80,
        "exploding-gradient": 82, "exploding-through-time": 82, "learning-rate-too-high": 82,
        "oscillating-loss": 82, "exploding-signal": 84, "non-finite-origin": 86, "poor-initialization": 88,
    },
    regulariser=True,
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """L2 in two strengths, then L1."""
    for place, decay in enumerate((1e-2, 1e-4)):
        yield from case.offer(
            f"l2-{decay:g}",
            f"Weights decay by {decay:g} of themselves (L2).",
            partial(_decayed, decay=decay),
            torch=f"torch.optim.AdamW(parameters, weight_decay={decay:g})",
            keras=f"kernel_regularizer=keras.regularizers.L2({decay:g})",
            later=place,
        )
    yield from case.offer(
        "l1",
        "Weights cost 1e-05 of their sum (L1).",
        lambda table: table.set("training", l1=1e-5),
        torch="loss = loss + 1e-5 * sum(w.abs().sum() for w in weights)",
        keras="kernel_regularizer=keras.regularizers.L1(1e-5)",
        later=2,
    )


def _decayed(table: Table, decay: float) -> Table:
    if "weight_decay" not in OPTIMIZER_ARGUMENTS[table.submission.training.optimizer.type]:
        raise Impossible("the optimiser has no weight decay")
    return table.set("training.optimizer", weight_decay=decay)
