"""Gradients are too small for the precision, and become zero.

What it measures: the share of non-zero weight gradients, times the loss scale, below the precision's smallest normal
number (6e-5 in fp16), and the share that is exactly zero already.

Why it matters: in fp16 everything below 6e-8 is zero. A layer whose gradients are lost does not learn, and no
optimiser can bring back what is not there; loss scaling exists for this.

Fires on: a layer that loses 30 % of its gradients in fp16, in a network that learns nothing; all of them where a fixed
loss scale makes them smaller still.

Stays silent on: fp32 and bf16, whose smallest number is 1e-38; gradients that a rectifier made zero.

Source: IEEE 754; Micikevicius et al. (2018), "Mixed Precision Training".
"""

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement
from service.schemas.plan import Layer

BORDER = 0.05


class Options(RuleOptions):
    """What can be set of it."""

    lost: float = Field(0.3, ge=0, le=1)
    """Share of a layer's gradients."""


DEFAULTS = Options()


@rule(
    "GC304",
    "underflow",
    severity="error",
    stage="precision",
    explains=("learning-rate-too-low", "no-gradient", "vanishing-gradient"),
    options=DEFAULTS,
)
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See a layer lose its gradients to the precision."""
    training = signals.submission.training
    if training.precision != "fp16" or signals.learned:
        return None
    shares = [(layer, share) for layer in signals.weighted if (share := _lost(signals, layer)) is not None]
    ill = [(layer, share) for layer, share in shares if share >= options.lost]
    if not ill:
        return None
    worst, share = max(ill, key=lambda pair: pair[1])
    scale = training.loss_scale
    scaled = training.precision_mode == "autocast" and (not isinstance(scale, float) or scale > 1)
    return Sighting(
        message=f"Gradients underflow in fp16: {worst.name} loses {100 * share:.0f} % of them.",
        cause=(
            "They are below the smallest number in spite of the loss scale: compute in bf16 or fp32."
            if scaled
            else f"A loss scale of {scale:g} makes them smaller still. Use loss_scale: dynamic, or bf16."
            if isinstance(scale, float) and scale < 1
            else "The loss is not scaled: numbers below 6e-5 lose their digits, and below 6e-8 they are zero. Use"
            " loss_scale: dynamic, or bf16."
        ),
        evidence=tuple(
            Measurement(
                statistic="underflow_share", value=value, threshold=options.lost, comparison=">=", layer=layer.name,
                step=signals.steps[-1], seed=signals.run.seed,
            )
            for layer, value in ill[:5]
        ),
        layers=tuple(layer for layer, _ in ill),
        clear=share >= options.lost + BORDER,
        from_start=(isinstance(scale, float) and scale < 1) or not _shrinking(signals),
    )  # fmt: skip


def _lost(signals: Signals, layer: Layer) -> float | None:
    """Settled share of a layer's gradients below the smallest normal number."""
    scale = signals.submission.training.loss_scale
    shrunk = isinstance(scale, float) and scale < 1

    def share(step: int) -> float | None:
        row = signals.row(step, layer)
        gone = row is not None and shrunk and row.weight_gradient_zero_share == 1
        return None if row is None else 1.0 if gone else row.underflow_share

    return signals.settled(share)


def _shrinking(signals: Signals) -> bool:
    """Whether the gradient dies out over depth, so that the precision only finishes it."""
    ratio = signals.settled(signals.depth_ratio)
    return ratio is not None and ratio <= -2.5
