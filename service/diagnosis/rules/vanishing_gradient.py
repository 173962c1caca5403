"""The gradient dies out on its way from the loss to the first layers.

What it measures: D, the ratio (as log10) of the gradient's norm with respect to the first hidden layer's output
and the last one's; how much the signal still depends on the example there (sig); and whether the first half of
the layers moves at all within the plan, as the optimiser really steps.

Why it matters: the first layers keep their random weights, and what is trained sees the input only through them.

Fires on: D ≤ -2.5 under SGD; under an adaptive optimiser, which hides a small gradient, D ≤ -4.5, or D ≤ -2.5
together with a collapsed signal or gradients below its eps; D ≤ -1.5 with a fading signal in a network that learns
nothing; a first half of layers that the plan is too short to move; D ≤ -2.5 with a signal ≤ .01 for a tenth of a whole
budget that then was too short to learn anything.

Stays silent on: networks with few hidden layers, gradients that are small everywhere alike (a scale of the loss),
ratios that an adaptive optimiser makes up for, and critics whose generator moves all the same.

Source: D and sig after Glorot and Bengio (2010) and Hanin and Rolnick (2018); thresholds from this project's own
measurements on networks labelled by outcome.
"""

import math

from pydantic import Field

from service.diagnosis.options import RuleOptions
from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement
from service.schemas.plan import Layer

BORDER = 0.15
WASTED = 0.1
"""Part of the run from which a bad start that passed was too long."""
SATURATING = frozenset({"Sigmoid", "Tanh", "Softsign", "Hardsigmoid", "Hardtanh", "LogSigmoid", "Softmax"})


class Options(RuleOptions):
    """What can be set of it."""

    steep: float = Field(-2.5, ge=-20, le=-0.5)
    """D under SGD, or where an adaptive optimiser cannot make up for it."""
    steep_adaptive: float = Field(-4.5, ge=-20, le=-0.5)
    """D under an adaptive optimiser."""
    fading: float = Field(-1.5, ge=-20, le=-0.5)
    """D with a fading signal in a network that learns nothing."""
    collapsed: float = Field(0.1, ge=0, le=1)
    """Part of the signal that depends on the example, below which it has collapsed."""
    faded: float = Field(0.3, ge=0, le=1)
    """The same, below which it fades."""


DEFAULTS = Options()


@rule(
    "GC101",
    "vanishing-gradient",
    severity="error",
    stage="architecture",
    explains=(
        "dead-units", "learning-rate-too-low", "no-gradient", "shattered-gradient", "underflow",
        "vanishing-signal",
    ),
    options=DEFAULTS,
)  # fmt: skip
def detect(signals: Signals, options: Options = DEFAULTS) -> Sighting | None:
    """See D over depth fall below what the optimiser can make up for."""
    ratio = signals.settled(signals.depth_ratio)
    if ratio is None or math.isnan(ratio) or signals.recovering or signals.heard:
        return None
    threshold = _threshold(signals, options, ratio)
    frozen = _frozen_half(signals, ratio)
    if threshold is None and frozen is None:
        return _wasted(signals, options)
    step = signals.steps[-1]
    evidence = [
        Measurement(
            statistic="depth_ratio", value=ratio, threshold=threshold or -1.0, comparison="<=", step=step,
            meaning=f"{_share(ratio)} of the last hidden layer's gradient arrives at the first",
        ),
        *_context(signals, step),
    ]  # fmt: skip
    if frozen is not None:
        evidence.append(frozen)
    layers = _ill(signals, step)
    return Sighting(
        message=(
            f"The gradient vanishes over depth: {_share(ratio)} of it arrives at {signals.taps[0].name},"
            f" so the first layers do not learn."
        ),
        cause=_cause(signals),
        evidence=tuple(evidence),
        layers=layers,
        clear=threshold is not None and (ratio <= threshold - BORDER or _collapsed(signals, options)),
        from_start=_at_start(signals, options),
    )


def _threshold(signals: Signals, options: Options, ratio: float) -> float | None:
    """The bound on D that is crossed, the optimiser and the forward signal considered; None if none is."""
    signal = signals.settled(signals.signal)
    epsilon = signals.settled(signals.epsilon_share) or 0.0
    collapsed = signal is not None and signal <= options.collapsed
    exposed = not signals.adaptive or collapsed or epsilon >= 0.5
    bound = options.steep if exposed else options.steep_adaptive
    if ratio <= bound:
        return bound
    fading = (
        signal is not None and signal < options.faded and signals.skill is not None and not signals.learned
    )
    return options.fading if fading and ratio <= options.fading else None


def _wasted(signals: Signals, options: Options) -> Sighting | None:
    """The gradient came back, and too late: the budget ended before anything was learned."""
    ratios = [signals.depth_ratio(step) or 0.0 for step in signals.steps]
    parts = [signals.signal(step) for step in signals.steps]
    gone = [
        ratio <= options.steep and part is not None and part <= options.collapsed / 10
        for ratio, part in zip(ratios, parts, strict=True)
    ]
    back = signals.steps[gone.index(False)] if False in gone else 0
    ran = signals.run.outcome.steps_run
    if signals.learned or signals.cut_short or signals.skill is None or back < WASTED * ran:
        return None
    return Sighting(
        message=(
            f"The gradient vanished over depth until step {back} of {ran}: {_share(ratios[0])} of it arrived at"
            f" {signals.taps[0].name}, and what was left was too short to learn in."
        ),
        cause=_cause(signals),
        evidence=(
            Measurement(
                statistic="depth_ratio", value=ratios[0], threshold=options.steep, comparison="<=",
                step=signals.steps[0], meaning=f"{_share(ratios[0])} arrived before the first step",
            ),
            Measurement(
                statistic="steps_lost", value=back, threshold=WASTED * ran, comparison=">=", seed=signals.run.seed,
                meaning="first probe that saw a sound gradient",
            ),
        ),
        layers=_ill(signals, signals.steps[0]),
    )  # fmt: skip


def _collapsed(signals: Signals, options: Options) -> bool:
    """Whether the forward signal says the same far beyond doubt: then D may be close to its bound."""
    signal = signals.settled(signals.signal)
    return signal is not None and signal <= options.collapsed / 10


def _frozen_half(signals: Signals, ratio: float) -> Measurement | None:
    """An update in the first half that is a thousandth of the largest and moves nothing within the plan."""
    updates = signals.updates(signals.steps[-1])
    largest = max((value for _, value in updates), default=0.0)
    first_half = updates[: len(updates) // 2]
    if ratio >= -1 or not first_half or largest == 0:
        return None
    layer, slowest = min(first_half, key=lambda pair: pair[1])
    if slowest / largest >= 1e-3 or slowest * signals.planned_steps >= 0.02:
        return None
    return Measurement(
        statistic="update_ratio", value=slowest, threshold=0.02 / signals.planned_steps, comparison="<",
        layer=layer.name, step=signals.steps[-1],
        meaning=f"moves by {slowest * signals.planned_steps:.1e} of its size in {signals.planned_steps} planned steps",
    )  # fmt: skip


def _context(signals: Signals, step: int) -> list[Measurement]:
    """Signals that tell one cause of vanishing from another."""
    found = {
        "signal_ratio": (
            signals.settled(signals.signal_ratio),
            "log10 of the forward signal's growth over depth",
        ),
        "signal": (
            signals.settled(signals.signal),
            "part of the last hidden output that depends on the example",
        ),
    }
    return [
        Measurement(statistic=name, value=value, threshold=None, step=step, meaning=meaning)
        for name, (value, meaning) in found.items()
        if value is not None
    ]


def _at_start(signals: Signals, options: Options) -> bool:
    """Whether half of the fall was there before the first step; where the gradient was all zero that is not known."""
    before, after = signals.depth_ratio(signals.steps[0]), signals.settled(signals.depth_ratio) or 0.0
    return before is None or math.isnan(before) or before <= max(after, 2 * options.steep) / 2


def _ill(signals: Signals, step: int) -> tuple[Layer, ...]:
    """Taps whose gradient is below a hundredth of the last one's."""
    norms = signals.gradient_norms(step)
    last = norms[-1][1]
    return tuple(layer for layer, value in norms if value <= last * 1e-2) or (norms[0][0],)


def _cause(signals: Signals) -> str:
    """Which of the known ways to vanish this is, from the forward signal and the activations."""
    if signals.clamp is not None:
        return (
            f"The critic's weights are clamped to ±{signals.clamp:g}, which is too little to pass a gradient on through"
            f" {len(signals.taps)} layers. A gradient penalty bounds the slope without that."
        )
    first = signals.steps[0]
    growth = signals.signal_ratio(first)
    kinds = {layer.type for layer in signals.layers if layer.family == "activation" and layer in signals.taps}
    shrinking = growth is not None and (growth <= -1 or math.isnan(growth))
    if shrinking and not kinds & {"Sigmoid", "Hardsigmoid", "Softmax"}:
        return (
            "The initial weights are too small for this depth: signal and gradient shrink by the same factor at"
            " every layer."
        )
    if kinds & SATURATING:
        names = " and ".join(sorted(kinds & SATURATING))
        return (
            f"{len(signals.taps)} layers of {names}: each multiplies the gradient by a slope below one, and depth"
            " multiplies those slopes."
        )
    return "Every layer passes on less gradient than it receives, and no shortcut leads around them."


def _share(ratio: float) -> str:
    """10^D as a person reads it."""
    return "nothing" if math.isinf(ratio) else f"1e{ratio:.0f}" if ratio < -3 else f"{100 * 10**ratio:.2g} %"
