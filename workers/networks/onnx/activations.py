"""Activations of torch as one operator of ONNX each: what takes the place of another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from workers.networks.onnx.graph import Attribute
from workers.networks.onnx.refusal import RefusedNetwork, shown


@dataclass(frozen=True)
class Written:
    """An operator, its attributes, and the tensors that follow its input."""

    operator: str
    opset: int = 7
    """The oldest in which it is written so."""
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    constants: Mapping[str, Tensor] = field(default_factory=dict)
    parameters: Mapping[str, Tensor] = field(default_factory=dict)


Make = Callable[..., Written]


def _gelu(approximate: str = "none") -> Written:
    if approximate not in {"none", "tanh"}:
        raise ValueError(f"approximate is none or tanh, not {shown(approximate, 40)}")
    return Written("Gelu", 20, {"approximate": approximate})


def _softplus(beta: float = 1.0, threshold: float = 20.0) -> Written:
    if beta != 1.0 or threshold != 20.0:
        raise ValueError("ONNX's Softplus has neither beta nor threshold")
    return Written("Softplus")


def _hardtanh(min_val: float = -1.0, max_val: float = 1.0) -> Written:
    if not min_val < max_val:
        raise ValueError("min_val must be below max_val")
    bounds = {"min_val": torch.tensor(float(min_val)), "max_val": torch.tensor(float(max_val))}
    return Written("Clip", 11, constants=bounds)


def _threshold(threshold: float, value: float = 0.0) -> Written:
    if value:
        raise ValueError("ONNX's ThresholdedRelu gives 0 below the threshold")
    return Written("ThresholdedRelu", 10, {"alpha": float(threshold)})


def _prelu(num_parameters: int = 1, init: float = 0.25) -> Written:
    if num_parameters != 1:
        raise ValueError("only one slope for all channels")
    return Written("PRelu", parameters={"weight": torch.full((1,), float(init))})


def _softmax(operator: str) -> Make:
    def softmax(dim: int = -1) -> Written:
        if dim != -1:
            raise ValueError("only along the last dimension")
        return Written(operator, attributes={"axis": -1})

    return softmax


def _alpha(operator: str, opset: int, name: str, default: float) -> Make:
    def make(**arguments: float) -> Written:
        if set(arguments) - {name}:
            raise TypeError(f"it takes {name} alone")
        return Written(operator, opset, {"alpha": float(arguments.get(name, default))})

    return make


def _plain(operator: str, opset: int = 7, **attributes: float) -> Make:
    return lambda: Written(operator, opset, attributes)


_MADE: Mapping[str, Make] = {
    "ReLU": _plain("Relu"),
    "ReLU6": lambda: _hardtanh(0.0, 6.0),
    "Sigmoid": _plain("Sigmoid"),
    "Tanh": _plain("Tanh"),
    "Softsign": _plain("Softsign"),
    "SiLU": _plain("Swish", 24),
    "Mish": _plain("Mish", 18),
    "SELU": _plain("Selu"),
    "Hardsigmoid": _plain("HardSigmoid", alpha=1 / 6, beta=0.5),
    "Hardswish": _plain("HardSwish", 14),
    "LeakyReLU": _alpha("LeakyRelu", 7, "negative_slope", 0.01),
    "ELU": _alpha("Elu", 7, "alpha", 1.0),
    "CELU": _alpha("Celu", 12, "alpha", 1.0),
    "GELU": _gelu,
    "Softplus": _softplus,
    "Hardtanh": _hardtanh,
    "Threshold": _threshold,
    "Softshrink": lambda lambd=0.5: Written("Shrink", 9, {"lambd": float(lambd), "bias": float(lambd)}),
    "Hardshrink": lambda lambd=0.5: Written("Shrink", 9, {"lambd": float(lambd), "bias": 0.0}),
    "PReLU": _prelu,
    "Softmax": _softmax("Softmax"),
    "LogSoftmax": _softmax("LogSoftmax"),
}


def activation(name: str, arguments: Mapping[str, object]) -> Written:
    """The operator of an activation by torch's name and arguments; refuses what ONNX cannot say in one."""
    if name not in _MADE:
        raise RefusedNetwork(f"{shown(name, 60)} cannot come in: there are {', '.join(sorted(_MADE))}.")
    try:
        return _MADE[name](**arguments)
    except (TypeError, ValueError) as error:
        raise RefusedNetwork(f"{name} cannot be written with these arguments: {shown(error, 200)}.") from None
