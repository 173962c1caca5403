"""bfloat16 under autocast in the place of float16 or of pure 16-bit weights.

What it changes: precision: bf16, precision_mode: autocast, no loss scale.

When it helps: numbers beyond 65504 or gradients below 6e-8, which fp16 cannot hold; 16-bit weights too coarse for
their steps (autocast keeps them in fp32).

When it does not: fp32, whose range it has; networks that need more than three digits.

Source: Kalamkar et al. (2019), "A Study of BFLOAT16"; Micikevicius et al. (2018).
"""

from collections.abc import Iterator

from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table


@remedy(
    "use-bf16",
    answers={
        "non-finite-origin": 10, "overflow": 10, "skipped-amp-step": 10, "update-below-precision": 12,
        "non-finite-gradient": 14, "underflow": 14, "no-gradient": 22, "not-learning": 44,
        "learning-rate-too-low": 46, "vanishing-gradient": 46, "diverging-training": 48,
    },
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """One way."""
    yield from case.offer(
        "",
        "Mixed precision in bfloat16: weights in fp32, products in bf16.",
        _wide,
        torch='with torch.autocast("cuda", dtype=torch.bfloat16): ...',
        keras='keras.mixed_precision.set_global_policy("mixed_bfloat16")',
    )


def _wide(table: Table) -> Table:
    training = table.submission.training
    if training.precision == "fp32" or (training.precision, training.precision_mode) == ("bf16", "autocast"):
        raise Impossible("it is no fp16")
    return table.set("training", precision="bf16", precision_mode=None, loss_scale=None)
