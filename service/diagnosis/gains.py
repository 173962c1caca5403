"""Initial weights against what He, Glorot and LeCun would have drawn for that layer and its activation.

A layer's gain is the RMS of its weights times the root of its fan-in: by how much it scales a signal of independent
numbers. What it should be follows from the activation behind it: √2 for rectifiers (He et al., 2015), 1 for tanh and
linear layers (Glorot and Bengio, 2010; LeCun et al., 1998), √2/ω for the sine (Sitzmann et al., 2020).
"""

import math
from dataclasses import dataclass

from service.diagnosis.signals import Signals
from service.schemas.plan import Layer

PASSING = frozenset({"dropout", "shape", "pooling"})
RECTIFIERS = frozenset(
    {"ReLU", "ReLU6", "LeakyReLU", "RReLU", "PReLU", "GELU", "SiLU", "Mish", "ELU", "CELU", "Hardswish"}
)
STEEPLESS = frozenset({"Sigmoid", "Hardsigmoid", "Softmax", "LogSigmoid"})
"""Their slope is so far below one that no usual initial size passes a gradient through many of them."""
COPIES = 1e-3
"""Spread of rows below which a layer is ill of symmetry, not of size."""


@dataclass(frozen=True)
class Gain:
    """One layer's initial gain."""

    layer: Layer
    measured: float
    wanted: float
    activation: str
    """Type of the activation behind it; `linear` where there is none."""

    @property
    def excess(self) -> float:
        """log10(measured / wanted): 0 is right, below it the signal shrinks."""
        return math.log10(self.measured / self.wanted)


def gains(signals: Signals) -> tuple[Gain, ...]:
    """Of hidden linear, convolution and recurrent layers whose output nothing brings to scale."""
    if not signals.steps:
        return ()
    found = (_gain(signals, layer) for layer in signals.weighted[:-1])
    return tuple(gain for gain in found if gain is not None)


def _gain(signals: Signals, layer: Layer) -> Gain | None:
    row = signals.row(signals.steps[0], layer)
    spread = 1.0 if row is None or row.weight_row_spread is None else row.weight_row_spread
    fan = fan_in(signals, layer)
    follower = _follower(signals, layer)
    if row is None or not row.weight_rms or not math.isfinite(row.weight_rms) or spread < COPIES or not fan:
        return None
    if follower is not None and follower.family == "normalization":
        return None
    activation = follower.type if follower is not None and follower.family == "activation" else "linear"
    if activation == "Sine" and layer == signals.weighted[0]:
        return None
    return Gain(layer, row.weight_rms * math.sqrt(fan), _wanted(signals, follower), activation)


def fan_in(signals: Signals, layer: Layer) -> int | None:
    """How many numbers one unit adds up; of a recurrent layer the states; None where that is not clear."""
    match layer.family:
        case "linear" if layer.type == "Linear":
            return layer.parameters // layer.output.shape[-1]
        case "convolution" if not layer.type.startswith("ConvTranspose"):
            return layer.parameters // layer.output.shape[0]
        case "recurrent" if layer.type == "RNN":
            states = signals.structure.argument(layer, "hidden_size", None)
            return states if isinstance(states, int) else None
        case _:
            return None


def _follower(signals: Signals, layer: Layer) -> Layer | None:
    """The next layer that computes anything with its output."""
    taker: Layer | None = layer
    while taker is not None:
        depth = taker.depth
        taker = next((other for other in signals.layers if depth in other.inputs), None)
        if taker is None or taker.family not in PASSING:
            return taker
    return None


def _wanted(signals: Signals, follower: Layer | None) -> float:
    if follower is not None and follower.type in RECTIFIERS:
        return math.sqrt(2)
    if follower is not None and follower.type == "Sine":
        omega = signals.structure.argument(follower, "w0", 30.0)
        return math.sqrt(2) / (float(omega) if isinstance(omega, int | float) and omega > 0 else 30.0)
    return 1.0
