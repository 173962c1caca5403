"""Training in single precision.

What it changes: precision: fp32, no loss scale.

When it helps: whatever 16 bits are too few for: overflow, underflow, steps lost in rounding, an eps rounded to zero.

When it does not: faults that are there in fp32 too; it costs time and memory.

Source: Micikevicius et al. (2018), "Mixed Precision Training".
"""

from collections.abc import Iterator

from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table


@remedy(
    "use-fp32",
    answers={
        "update-below-precision": 8, "overflow": 12, "non-finite-origin": 14, "non-finite-gradient": 16,
        "underflow": 16, "no-gradient": 24, "learning-rate-too-low": 42, "not-learning": 42,
        "diverging-training": 47, "vanishing-gradient": 48, "poor-initialization": 50,
    },
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """One way."""
    yield from case.offer(
        "",
        "Training runs in fp32.",
        _single,
        torch="model.float(), without autocast",
        keras='keras.mixed_precision.set_global_policy("float32")',
    )


def _single(table: Table) -> Table:
    if table.submission.training.precision == "fp32":
        raise Impossible("it is fp32 already")
    return table.set("training", precision=None, precision_mode=None, loss_scale=None)
