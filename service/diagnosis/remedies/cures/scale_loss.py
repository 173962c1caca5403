"""A loss scale that keeps fp16 gradients above zero.

What it changes: fp16 under autocast with loss_scale: dynamic.

When it helps: gradients below 6e-8, which fp16 turns into zeros.

When it does not: numbers beyond 65504 in the forward pass, which no scale brings back; bf16 and fp32.

Source: Micikevicius et al. (2018), "Mixed Precision Training".
"""

from collections.abc import Iterator

from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table


@remedy(
    "scale-loss",
    answers={
        "underflow": 10, "no-gradient": 28, "non-finite-gradient": 30, "update-below-precision": 30,
        "non-finite-origin": 44, "learning-rate-too-low": 50, "not-learning": 52, "vanishing-gradient": 52,
        "overflow": 60,
    },
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """One way."""
    yield from case.offer(
        "",
        "The loss is scaled dynamically, so that fp16 gradients neither vanish nor overflow.",
        _scaled,
        torch="scaler = torch.amp.GradScaler(); scaler.scale(loss).backward(); scaler.step(optimizer)",
        keras="keras.optimizers.LossScaleOptimizer(optimizer)",
    )


def _scaled(table: Table) -> Table:
    training = table.submission.training
    autocast = training.precision_mode == "autocast"
    if training.precision != "fp16" or (autocast and training.loss_scale in {None, "dynamic"}):
        raise Impossible("there is nothing to scale")
    return table.set("training", precision_mode=None, loss_scale="dynamic")
