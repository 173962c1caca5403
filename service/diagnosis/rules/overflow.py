"""Numbers exceed what the precision can hold.

What it measures: the share of outputs and gradients beyond the precision's largest finite number (65504 in fp16), in
steps that were taken.

Why it matters: beyond it there is only infinity, and one infinity makes every weight NaN within a step. The same
network is sound in fp32 or bf16.

Fires on: any such share in fp16 or bf16, in a run that went non-finite or learned nothing; loss scaling that skips nine
steps in ten.

Stays silent on: fp32, and the few steps that loss scaling skips while it looks for its scale.

Source: IEEE 754; Micikevicius et al. (2018), "Mixed Precision Training".
"""

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement
from service.schemas.plan import Layer

LARGEST = {"fp16": 65504.0, "bf16": 3.4e38}
GROWING = 2.0
"""Growth over depth (log10) from which the precision is not the reason."""


class Options(RuleOptions):
    """What can be set of it."""

    near: float = Field(0.5, ge=0, le=1)
    """Share of the largest number from which the next layer's sum is beyond it."""
    skipped: float = Field(0.9, ge=0.1, le=1)
    """Share of steps that loss scaling skips."""


DEFAULTS = Options()


@rule(
    "GC303",
    "overflow",
    severity="error",
    stage="precision",
    explains=(
        "dead-units", "diverging-training", "exploding-signal", "gradient-spikes", "learning-rate-too-high",
        "learning-rate-too-low", "no-gradient", "non-finite-gradient", "non-finite-origin", "skipped-amp-step",
    ),
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See numbers beyond the precision's largest."""
    precision = signals.submission.training.precision
    nonfinite = signals.run.outcome.stopped == "non-finite"
    if precision not in LARGEST or (signals.learned and not nonfinite):
        return None
    lost = _skipped(signals)
    if lost >= options.skipped:
        return _all_skipped(signals, precision, lost, options.skipped)
    skipped = {row.step for row in signals.run.network if row.skipped and not nonfinite}
    for step in signals.steps:
        ill = (
            []
            if step in skipped
            else _ill(signals, step, LARGEST[precision] * options.near, nonfinite=nonfinite)
        )
        if ill:
            return _sighting(signals, precision, ill)
    return None


def _skipped(signals: Signals) -> float:
    """Share of all steps that loss scaling left out."""
    skipped = sum(bool(row.skipped) for row in signals.run.network)
    return skipped / max(1, signals.run.outcome.steps_run)


def _all_skipped(signals: Signals, precision: str, lost: float, bound: float) -> Sighting:
    """The scaled gradients overflow again and again, and nothing is learned from them."""
    scale = signals.submission.training.loss_scale
    fixed = isinstance(scale, float)
    return Sighting(
        message=f"Scaled gradients overflow {precision}: {100 * lost:.0f} % of all steps are skipped.",
        cause=(
            f"A fixed loss scale of {scale:g} lifts gradients beyond what {precision} holds. Use loss_scale: dynamic."
            if fixed
            else f"No loss scale brings these gradients within what {precision} holds: compute in bf16 or fp32."
        ),
        evidence=(
            Measurement(
                statistic="skipped_share", value=lost, threshold=bound, comparison=">=", seed=signals.run.seed,
                meaning="of all steps were left out",
            ),
        ),
        layers=signals.weighted,
        latent=False,
    )  # fmt: skip


def _ill(signals: Signals, step: int, near: float, *, nonfinite: bool) -> list[tuple[Layer, Measurement]]:
    """Layers with numbers beyond the largest; where the run broke, those next to it count too."""
    found = []
    for name, bound in (("overflow_share", 0.0), ("activation_max", near)):
        for layer, value in signals.values(step, name, signals.layers):
            if value > bound and (nonfinite or name == "overflow_share"):
                number = Measurement(
                    statistic=name, value=value, threshold=bound, comparison=">", layer=layer.name, step=step,
                    seed=signals.run.seed,
                )  # fmt: skip
                found.append((layer, number))
        if found:
            break
    return found


def _sighting(signals: Signals, precision: str, ill: list[tuple[Layer, Measurement]]) -> Sighting:
    first, number = ill[0]
    growth = max(
        (pair[0] for pair in map(signals.highest, (signals.depth_ratio, signals.signal_ratio)) if pair),
        default=0.0,
    )
    return Sighting(
        message=(
            f"{first.name} overflows {precision}: numbers beyond {LARGEST[precision]:g} become infinite at step"
            f" {number.step}."
        ),
        cause=f"{precision} ends at {LARGEST[precision]:g}. bf16 or fp32 hold these numbers; smaller inputs, weights or"
        " a mean instead of a sum make smaller ones.",
        evidence=tuple(each for _, each in ill[:5]),
        layers=tuple(layer for layer, _ in ill),
        from_start=growth < GROWING and number.step == signals.steps[0],
        latent=False,
    )
