"""How gradient and state of recurrent layers scale from one end of the sequence to the other."""

import math
from dataclasses import dataclass

from service.diagnosis.signals import Signals
from service.schemas.evidence import RunEvidence
from service.schemas.plan import Layer


@dataclass(frozen=True)
class Decay:
    """DT = log10(RMS of dL/dx at the first time step / at the last) of one recurrent layer at one probe."""

    layer: Layer
    step: int
    ratio: float


def recurrent(signals: Signals) -> tuple[Layer, ...]:
    """Recurrent layers, in order of depth."""
    return tuple(layer for layer in signals.layers if layer.family == "recurrent")


def decay(signals: Signals, step: int, layer: Layer) -> float | None:
    """DT: -inf where nothing arrives at the first time step; None where the last one has no gradient either."""
    row = signals.row(step, layer)
    if row is None or row.time_gradient_first_rms is None or not row.time_gradient_last_rms:
        return None
    first, last = row.time_gradient_first_rms, row.time_gradient_last_rms
    if math.isnan(first) or math.isnan(last) or math.isinf(last):
        return None
    return -math.inf if first == 0 else math.inf if math.isinf(first) else math.log10(first / last)


def settled_decays(signals: Signals) -> list[Decay]:
    """DT of every recurrent layer over the last probes."""
    pairs = (
        (layer, signals.settled(lambda step, layer=layer: decay(signals, step, layer)))  # type: ignore[misc]
        for layer in recurrent(signals)
    )
    return [Decay(layer, signals.steps[-1], ratio) for layer, ratio in pairs if ratio is not None]


def steepest_growth(signals: Signals) -> Decay | None:
    """The largest finite or infinite DT of any layer at any probe."""
    found = [
        Decay(layer, step, ratio)
        for layer in recurrent(signals)
        for step in signals.steps
        if (ratio := decay(signals, step, layer)) is not None
    ]
    return max(found, key=lambda each: each.ratio, default=None)


def growth_at(signals: Signals, step: int, layer: Layer) -> float | None:
    """log10(RMS of a recurrent layer's output / of its input)."""
    after, before = _size(signals, step, layer.depth), _size(signals, step, layer.inputs[0])
    return math.log10(after / before) if after and before else None


def state_growth(signals: Signals) -> Decay | None:
    """The largest growth of any layer's state at any probe."""
    found = [
        Decay(layer, step, ratio)
        for layer in recurrent(signals)
        for step in signals.steps
        if (ratio := growth_at(signals, step, layer)) is not None
    ]
    return max(found, key=lambda each: each.ratio, default=None)


def horizon(run: RunEvidence, layer: Layer, share: float) -> tuple[int, int] | None:
    """Over how many of the last time steps the gradient stays above `share` of the last one's, and of how many."""
    profiles = [profile for profile in run.time_profiles if profile.depth == layer.depth]
    if not profiles or not profiles[-1].gradient_rms[-1] > 0:
        return None
    profile = profiles[-1]
    heard = [
        time
        for time, rms in zip(profile.times, profile.gradient_rms, strict=True)
        if rms >= share * profile.gradient_rms[-1]
    ]
    return profile.times[-1] + 1 - min(heard), profile.times[-1] + 1


def _size(signals: Signals, step: int, depth: int) -> float | None:
    """RMS of a layer's output, or of the network's input; None where it is not a positive number."""
    if depth < 0:
        rows = (row.input_rms for row in signals.run.network if row.step == step)
        size = next(rows, None)
    else:
        layer = signals.statistics.get(step, {}).get(depth)
        size = None if layer is None else layer.activation_rms
    return size if size and math.isfinite(size) else None
