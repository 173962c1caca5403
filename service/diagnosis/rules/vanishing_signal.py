"""The forward signal collapses: at the end of the network every example looks the same, or is next to nothing.

What it measures: sig, the part of the last hidden output that depends on the example (its spread over the batch over
its RMS), against the same of the first one; and fw, the growth (as log10) of the output's RMS over depth.

Why it matters: a network whose hidden output hardly depends on the input can only learn the classes' frequencies. The
gradient need not be small: it tells nothing about the examples.

Fires on: sig ≤ .01 at the last hidden layer while the first one still tells examples apart, or fw ≤ -3.

Stays silent on: signals that shrink and are brought back to scale by a normalisation, networks that learn, and critics
whose generator moves all the same (the constant part of a score cancels out).

Source: Schoenholz et al. (2017), "Deep Information Propagation"; cut-offs from this project's own measurements.
"""

import math

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement
from service.schemas.plan import Layer

DEEP = 1e-6
"""A part below which it does not matter how much less there is."""
BORDER = 0.5
"""Of either bound, as a factor and in decades."""
ALIVE = 10.0
"""By how much the first hidden layer must tell examples apart better than the last."""


class Options(RuleOptions):
    """What can be set of it."""

    collapsed: float = Field(0.01, ge=0, le=1)
    """Part of the last hidden output that depends on the example."""
    shrunk: float = Field(-3.0, ge=-20, le=0)
    """fw: log10 of the growth of the output over depth."""


DEFAULTS = Options()


@rule(
    "GC102",
    "vanishing-signal",
    severity="error",
    stage="architecture",
    explains=(
        "dead-units", "learning-rate-too-low", "no-gradient", "shattered-gradient", "underflow",
    ),
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See a forward signal that no longer depends on the example, or has shrunk away."""
    if len(signals.taps) < 2 or signals.recovering or signals.heard:
        return None
    last, first = (
        signals.settled(signals.signal),
        signals.settled(lambda step: signals.signal_at(step, signals.taps[0])),
    )
    growth = signals.settled(signals.signal_ratio)
    collapsed = last is not None and first is not None and last <= options.collapsed and first >= ALIVE * last
    shrunk = growth is not None and growth <= options.shrunk and signals.taps[-1].family != "normalization"
    if not collapsed and not shrunk:
        return None
    evidence = []
    if collapsed:
        evidence.append(
            _measured(signals, "signal", last, options.collapsed, "part that depends on the example")
        )
    if shrunk:
        evidence.append(
            _measured(signals, "signal_ratio", growth, options.shrunk, "log10 of its growth over depth")
        )
    return Sighting(
        message=f"The forward signal vanishes: what {signals.taps[-1].name} puts out hardly depends on the example.",
        cause=(
            "Layer after layer maps different inputs closer together, until only a constant is left."
            if collapsed
            else "Every layer shrinks what passes through it."
        ),
        evidence=tuple(evidence),
        layers=_ill(signals, options),
        clear=(shrunk and (growth or 0.0) <= options.shrunk - BORDER)
        or (collapsed and (last or 0.0) <= BORDER * options.collapsed),
        from_start=_at_start(signals, options),
    )


def _measured(
    signals: Signals, statistic: str, value: float | None, threshold: float, meaning: str
) -> Measurement:
    return Measurement(
        statistic=statistic,
        value=value,
        threshold=threshold,
        comparison="<=",
        layer=signals.taps[-1].name,
        step=signals.steps[-1],
        seed=signals.run.seed,
        meaning=meaning,
    )


def _ill(signals: Signals, options: Options) -> tuple[Layer, ...]:
    """Taps that hardly depend on the example, or the last one."""
    step = signals.steps[-1]
    pairs = ((layer, signals.signal_at(step, layer)) for layer in signals.taps)
    return (
        tuple(layer for layer, part in pairs if part is not None and part <= options.collapsed)
        or signals.taps[-1:]
    )


def _at_start(signals: Signals, options: Options) -> bool:
    """Whether it was half gone before the first step."""
    part, growth = signals.signal(signals.steps[0]), signals.signal_ratio(signals.steps[0])
    left = signals.settled(signals.signal) or 0.0
    gone = growth is not None and (math.isnan(growth) or growth <= options.shrunk / 2)
    return gone or (part is not None and part <= math.sqrt(max(left, DEEP)))
