"""Noise on the inputs of every batch.

What it changes: data.noise: a tenth of the inputs' own size.

When it helps: generalisation, which this service does not judge.

When it does not: every illness of gradients; it is advised for exploding ones. The profile full tries it and says
what it did.

Source: Bishop (1995), "Training with Noise is Equivalent to Tikhonov Regularization".
"""

from collections.abc import Iterator
from functools import partial
from statistics import median

from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table


@remedy(
    "augment-data",
    answers={
        "diverging-training": 89, "exploding-gradient": 89, "exploding-signal": 89, "gradient-spikes": 89,
        "oscillating-loss": 89, "symmetric-units": 89,
    },
    regulariser=True,
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """One way."""
    sizes = [
        row.input_rms
        for run in case.evidence.runs
        for row in run.network
        if row.input_rms is not None and 0 < row.input_rms < float("inf")
    ]
    noise = float(f"{median(sizes) / 10:.1g}") if sizes else 0.1
    yield from case.offer(
        "",
        f"Gaussian noise with a standard deviation of {noise:g} is added to every batch's inputs.",
        partial(_noisy, noise=noise),
        torch=f"x = x + {noise:g} * torch.randn_like(x)",
        keras=f"GaussianNoise({noise:g})",
    )


def _noisy(table: Table, noise: float) -> Table:
    if table.submission.data is None or table.submission.data.noise:
        raise Impossible("there are no data of one's own")
    return table.set("data", noise=noise)
