"""The gradient is all but gone before it reaches the network: between the loss and the last layer's weights.

What it measures: the gradient's RMS at the input of the final activation over that at its output (as log10).

Why it matters: every layer gets the same small share of the error, so that nothing looks ill: no layer vanishes against
another. A saturated sigmoid under a squared error, or a second softmax, makes it so.

Fires on: a ratio ≤ -1 over the last probes at a final Sigmoid, Softmax, Tanh or their kin, in a network that learns
nothing; down from -.55 it is a note, which a mismatch of output and loss accounts for.

Stays silent on: losses whose logarithm makes up for the slope (binary cross-entropy behind a sigmoid), and networks
that are sure because they are right.

Source: the chain rule; Bishop (1995) on matching output and loss; cut-off from this project's own measurements.
"""

import math

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement
from service.schemas.plan import Layer

BORDER = 0.3
BOUNDED = frozenset({"Sigmoid", "Softmax", "Softmin", "Tanh", "Hardsigmoid", "Hardtanh", "Softsign"})
MATCHED = frozenset({"BCELoss", "NLLLoss", "KLDivLoss"})
"""Losses whose own slope grows as that of the activation falls."""


class Options(RuleOptions):
    """What can be set of it."""

    attenuated: float = Field(-0.55, ge=-20, le=0)
    """log10 of the share that gets through, from which it is told; a sigmoid lets a quarter pass at best."""
    steep: float = Field(-1.0, ge=-20, le=0)
    """The same, from which it is an error."""


DEFAULTS = Options()


@rule(
    "GC107",
    "attenuated-loss-gradient",
    severity="error",
    stage="output",
    explains=(
        "learning-rate-too-low",
        "vanishing-gradient",
        "update-below-precision",
        "underflow",
        "not-learning",
    ),
    options=DEFAULTS,
)
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See a final activation that lets little of the gradient pass."""
    loss = signals.submission.training.loss
    tail = [layer for layer in signals.structure.tail if layer.type in BOUNDED]
    if signals.learned or not tail or loss.type in MATCHED or loss.from_logits is False:
        return None
    last = tail[-1]
    ratio = signals.settled(lambda step: _passed(signals, step, last))
    if ratio is None or not ratio <= options.attenuated:
        return None
    share = "nothing" if math.isinf(ratio) else f"{100 * 10**ratio:.2g} %"
    return Sighting(
        message=f"{last.name} lets little of the loss's gradient pass, so that every layer learns more slowly.",
        cause=f"The slope of {last.type} is small where its outputs are: {share} of the gradient gets through.",
        evidence=(
            Measurement(
                statistic="passed_gradient", value=ratio, threshold=options.attenuated, comparison="<=",
                layer=last.name, step=signals.steps[-1], seed=signals.run.seed,
                meaning="log10 of gradient before it over behind it",
            ),
        ),
        layers=(last,),
        clear=ratio <= options.steep - BORDER,
        from_start=(_passed(signals, signals.steps[0], last) or 0.0) <= options.attenuated,
        severity=None if ratio <= options.steep else "note",
        contributory=ratio > options.steep,
        explains=None if ratio <= options.steep else frozenset(),
    )  # fmt: skip


def _passed(signals: Signals, step: int, last: Layer) -> float | None:
    """log10(RMS of dL/d input / of dL/d output) of one activation."""
    before = next((layer for layer in signals.layers if layer.depth == last.inputs[0]), None)
    if before is None:
        return None
    sizes = dict(signals.values(step, "output_gradient_rms", (before, last)))
    inner, outer = sizes.get(before), sizes.get(last)
    if inner is None or not outer or not math.isfinite(outer) or not math.isfinite(inner):
        return None
    return math.log10(inner / outer) if inner > 0 else -math.inf
