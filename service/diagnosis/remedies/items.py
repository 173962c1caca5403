"""Layers as a cure writes them: norms and projections that fit a shape, and weights that fit an activation."""

from math import ceil
from typing import Any

from service.schemas.plan import Layer, Shape

Json = Any

RECTIFIERS = frozenset({"ReLU", "ReLU6", "GELU", "SiLU", "Mish", "Hardswish", "Softplus", "ELU", "CELU"})
SATURATING = frozenset({"Sigmoid", "Tanh", "Softsign", "Hardtanh", "Hardsigmoid", "LogSigmoid"})
WEIGHTED = (
    "Linear", "Bilinear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d",
)  # fmt: skip
RECURRENT = ("RNN", "LSTM", "GRU")
ATTENTION = ("MultiheadAttention", "SelfAttention", "TransformerEncoderLayer")
NARROW = 8
"""Units up to which a network has hardly any."""
_SIREN = 29.983
"""Slope for which kaiming's gain is √2/30: what Sitzmann et al. draw before sin(30 x)."""


def norm_for(layer: Layer, kind: str) -> Json | None:
    """A normalisation of a layer's output; None where there is none for its shape."""
    shape = layer.output.shape
    if layer.output.dtype != "float" or not shape:
        return None
    if kind == "LayerNorm":
        return (
            {"type": "LayerNorm", "normalized_shape": list(shape)} if _channels_first(layer) else "LayerNorm"
        )
    sequence = len(shape) == 2 and layer.family != "convolution"
    if sequence or len(shape) > 4:
        return None
    return f"BatchNorm{max(1, len(shape) - 1)}d"


def entry_norm(shape: Shape, kind: str, *, convolution: bool) -> str:
    """Type of a normalisation of what flows into a branch: of images by the batch, of sequences by the step."""
    sequence = len(shape) == 2 and not convolution
    if sequence or (kind == "LayerNorm" and not convolution):
        return "LayerNorm"
    return f"BatchNorm{max(1, len(shape) - 1)}d"


def shortcut_for(given: Shape, wanted: Shape, *, convolution: bool) -> dict[str, Json] | None:
    """A projection of one shape to another, without bias; None where no single layer makes it."""
    if len(given) != len(wanted) or not wanted:
        return None
    if not convolution:
        fits = given[:-1] == wanted[:-1]
        return {"type": "Linear", "out_features": wanted[-1], "bias": False} if fits else None
    strides = [ceil(x / y) for x, y in zip(given[1:], wanted[1:], strict=True)]
    reached = [ceil(x / stride) for x, stride in zip(given[1:], strides, strict=True)]
    if len(set(strides)) != 1 or reached != list(wanted[1:]):
        return None
    stride = {"stride": strides[0]} if strides[0] > 1 else {}
    kind = f"Conv{len(wanted) - 1}d"
    return {"type": kind, "out_channels": wanted[0], "kernel_size": 1, "bias": False} | stride


def he(slope: float | None = None) -> Json:
    """He's normal weights, for a rectifier or one that leaks."""
    if slope is None:
        return {"scheme": "kaiming_normal", "nonlinearity": "relu"}
    return {"scheme": "kaiming_normal", "a": slope}


LECUN = {"scheme": "kaiming_normal", "nonlinearity": "linear"}
GLOROT = {"scheme": "xavier_uniform"}
SIREN = {"scheme": "kaiming_uniform", "a": _SIREN}


def weights_for(activation: str | None) -> Json:
    """The scheme that keeps a signal at its size through layers with this activation."""
    if activation in RECTIFIERS:
        return he()
    if activation in {"LeakyReLU", "RReLU"}:
        return he(0.01)
    if activation == "PReLU":
        return he(0.25)
    if activation == "SELU":
        return LECUN
    return SIREN if activation == "Sine" else GLOROT


def gain_for(activation: str | None) -> float:
    """By how much weights scale a signal that this activation then brings back to its size."""
    if activation in RECTIFIERS or activation in {"LeakyReLU", "RReLU", "PReLU"}:
        return 1.4142
    return 0.0471 if activation == "Sine" else 1.0


def _channels_first(layer: Layer) -> bool:
    return layer.family == "convolution" or len(layer.output.shape) > 2
