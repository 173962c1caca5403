"""Activations, each torch's own where torch has it."""

import math
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from workers.networks.onnx.call import Call, broadcast, together
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.registry import Operation, operator


@operator("Relu", family="activation", type="ReLU")
def build_relu(_: Call) -> Operation:
    """max(x, 0)."""
    return functional.relu


@operator("Sigmoid", family="activation", type="Sigmoid")
def build_sigmoid(_: Call) -> Operation:
    """1 / (1 + exp(-x))."""
    return torch.sigmoid


@operator("Tanh", family="activation", type="Tanh")
def build_tanh(_: Call) -> Operation:
    """tanh(x)."""
    return torch.tanh


@operator("Softplus", family="activation", type="Softplus")
def build_softplus(_: Call) -> Operation:
    """log(1 + exp(x))."""
    return functional.softplus


@operator("Softsign", family="activation", type="Softsign")
def build_softsign(_: Call) -> Operation:
    """X / (1 + |x|)."""
    return functional.softsign


@operator("Mish", since=18, family="activation", type="Mish")
def build_mish(_: Call) -> Operation:
    """X * tanh(softplus(x))."""
    return functional.mish


@operator("HardSwish", since=14, family="activation", type="Hardswish")
def build_hard_swish(_: Call) -> Operation:
    """X * relu6(x + 3) / 6."""
    return functional.hardswish


@operator("HardSigmoid", family="activation", type="Hardsigmoid")
def build_hard_sigmoid(call: Call) -> Operation:
    """clip(alpha * x + beta, 0, 1)."""
    alpha, beta = call.get("alpha", 0.2), call.get("beta", 0.5)
    if math.isclose(alpha, 1 / 6, rel_tol=1e-6) and beta == 0.5:
        return functional.hardsigmoid
    # like torch's own, it passes no gradient on the bounds; clamp would
    return lambda x: functional.hardtanh(x * alpha + beta, 0.0, 1.0)


@operator("Elu", family="activation", type="ELU")
def build_elu(call: Call) -> Operation:
    """x, below zero alpha * (exp(x) - 1)."""
    return partial(functional.elu, alpha=call.get("alpha", 1.0))


@operator("Celu", since=12, family="activation", type="CELU")
def build_celu(call: Call) -> Operation:
    """max(0, x) + min(0, alpha * (exp(x / alpha) - 1))."""
    return partial(functional.celu, alpha=call.get("alpha", 1.0))


@operator("Selu", family="activation", type="SELU")
def build_selu(call: Call) -> Operation:
    """Gamma * (x, below zero alpha * (exp(x) - 1))."""
    alpha = call.get("alpha", 1.67326319217681884765625)
    gamma = call.get("gamma", 1.05070102214813232421875)
    return lambda x: gamma * functional.elu(x, alpha)


@operator("LeakyRelu", family="activation", type="LeakyReLU")
def build_leaky_relu(call: Call) -> Operation:
    """x, below zero alpha * x."""
    return partial(functional.leaky_relu, negative_slope=call.get("alpha", 0.01))


@operator("ThresholdedRelu", since=10, family="activation", type="Threshold")
def build_thresholded_relu(call: Call) -> Operation:
    """X where it is over alpha, else 0."""
    return partial(functional.threshold, threshold=call.get("alpha", 1.0), value=0.0)


@operator("Shrink", since=9, family="activation", type="Softshrink")
def build_shrink(call: Call) -> Operation:
    """X pulled towards zero by bias where it is further than lambd, else 0."""
    lambd, bias = call.get("lambd", 0.5), call.get("bias", 0.0)

    def shrink(x: Tensor) -> Tensor:
        zero = torch.zeros_like(x)
        return torch.where(x < -lambd, x + bias, torch.where(x > lambd, x - bias, zero)).to(x.dtype)

    return shrink


@operator("PRelu", family="activation", type="PReLU", weights={1: "weight"})
def build_prelu(_: Call) -> Operation:
    """x, below zero slope * x; the slope broadcasts to x and no further."""

    def prelu(x: Tensor, slope: Tensor) -> Tensor:
        if together(x.shape, slope.shape) != tuple(x.shape):
            raise RefusedNetwork("the slope of PRelu is larger than its input")
        return torch.where(x < 0, x * slope, x)

    return prelu


@operator("Gelu", since=20, family="activation", type="GELU")
def build_gelu(call: Call) -> Operation:
    """X * P(X <= x), exact or by tanh."""
    return partial(functional.gelu, approximate=call.only("approximate", "none", "tanh"))


@operator("Swish", since=24, family="activation", type="SiLU")
def build_swish(call: Call) -> Operation:
    """X * sigmoid(alpha * x)."""
    alpha = call.get("alpha", 1.0)
    return lambda x: x * torch.sigmoid(alpha * x)


@operator("SwiGLU", since=28, family="activation", type="GLU")
def build_swiglu(call: Call) -> Operation:
    """A * sigmoid(alpha * a) * b."""
    alpha = call.get("alpha", 1.0)

    def swiglu(a: Tensor, b: Tensor) -> Tensor:
        broadcast(call, a, b)
        return a * torch.sigmoid(alpha * a) * b

    return swiglu


@operator("Softmax", since=13, family="activation", type="Softmax")
def build_softmax(call: Call) -> Operation:
    """Over one axis."""
    return partial(torch.softmax, dim=call.get("axis", -1))


@operator("LogSoftmax", since=13, family="activation", type="LogSoftmax")
def build_log_softmax(call: Call) -> Operation:
    """Over one axis."""
    return partial(torch.log_softmax, dim=call.get("axis", -1))


@operator("Hardmax", since=13, family="activation")
def build_hardmax(call: Call) -> Operation:
    """1 at the first largest value along one axis, else 0."""
    axis = call.get("axis", -1)
    return lambda x: torch.zeros_like(x).scatter(axis, x.argmax(axis, keepdim=True), 1.0)


@operator("Softmax", until=12, family="activation", type="Softmax")
def build_flat_softmax(call: Call) -> Operation:
    """Before opset 13: over all axes from one on, together."""
    return _flat(call, partial(torch.softmax, dim=-1))


@operator("LogSoftmax", until=12, family="activation", type="LogSoftmax")
def build_flat_log_softmax(call: Call) -> Operation:
    """Before opset 13: over all axes from one on, together."""
    return _flat(call, partial(torch.log_softmax, dim=-1))


def _flat(call: Call, over_last: Operation) -> Operation:
    axis = call.get("axis", 1)
    return lambda x: (
        over_last(x.flatten(axis)).reshape(x.shape) if x.dim() else over_last(x.reshape(1)).reshape(())
    )
