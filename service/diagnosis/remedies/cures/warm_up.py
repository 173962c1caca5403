"""A rate that grows from zero over the first steps.

What it changes: schedule.warmup_steps: a tenth of the plan, at most 500.

When it helps: transformers and large batches whose first steps, taken with gradients of a random network, do harm that
later ones do not.

When it does not: a rate that is too high for good (it diverges a little later), deep batch norm without shortcuts,
anything that vanishes.

Source: Goyal et al. (2017); Xiong et al. (2020).
"""

from collections.abc import Iterator
from functools import partial

from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table


@remedy(
    "warm-up",
    answers={
        "gradient-spikes": 26, "diverging-training": 50, "oscillating-loss": 50,
        "learning-rate-too-high": 60, "exploding-through-time": 72, "dead-units": 74,
        "exploding-gradient": 74, "non-finite-origin": 74, "saturated-activation": 76,
    },
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """One way, in plans that are long enough to have a beginning."""
    steps = min(500, case.planned_steps // 10)
    if steps < 2 or case.submission.training.schedule.warmup_steps >= steps:
        return
    yield from case.offer(
        "",
        f"The learning rate grows from zero over the first {steps} steps.",
        partial(_warmed, steps=steps),
        torch=f"torch.optim.lr_scheduler.LinearLR(optimizer, 1 / {steps}, total_iters={steps})",
        keras="a learning rate schedule with warmup_steps",
    )


def _warmed(table: Table, steps: int) -> Table:
    return table.set("training.schedule", warmup_steps=steps)
