"""Arithmetic, element by element, with ONNX's broadcasting (which is torch's)."""

from functools import reduce

import torch
from torch import Tensor

from workers.networks.onnx.call import Call, broadcast
from workers.networks.onnx.registry import Operation, operator


@operator("Add")
def build_add(call: Call) -> Operation:
    """A + b."""
    return _broadcasting(call, torch.add)


@operator("Sub")
def build_sub(call: Call) -> Operation:
    """A - b."""
    return _broadcasting(call, torch.sub)


@operator("Mul")
def build_mul(call: Call) -> Operation:
    """A * b."""
    return _broadcasting(call, torch.mul)


@operator("Div")
def build_div(call: Call) -> Operation:
    """A / b; integers are cut off towards zero."""
    return _broadcasting(call, _divide)


@operator("Pow")
def build_pow(call: Call) -> Operation:
    """A to the power of b, in the type of a."""
    return _broadcasting(call, lambda a, b: torch.pow(a, b).to(a.dtype))


@operator("Mod", since=10)
def build_mod(call: Call) -> Operation:
    """The remainder: with the divisor's sign, or the dividend's where fmod=1."""
    return _broadcasting(call, torch.fmod if call.get("fmod", 0) else torch.remainder)


@operator("Max")
def build_max(call: Call) -> Operation:
    """The largest of several."""
    return _all(call, torch.maximum)


@operator("Min")
def build_min(call: Call) -> Operation:
    """The smallest of several."""
    return _all(call, torch.minimum)


@operator("Sum", type="add")
def build_sum(call: Call) -> Operation:
    """The sum of several."""
    return _all(call, torch.add)


@operator("Mean")
def build_mean(call: Call) -> Operation:
    """The mean of several."""
    total = _all(call, torch.add)
    return lambda *values: total(*values) / len(values)


@operator("Clip", until=10, type="Hardtanh", family="activation")
def build_clip_by_attributes(call: Call) -> Operation:
    """Before opset 11: the bounds are attributes."""
    low, high = call.number("min"), call.number("max")
    if _is_clamp(call) or low is None or high is None:
        return lambda x: x if low is None and high is None else torch.clamp(x, low, high)
    return lambda x: _saturated(x, low, high)


@operator("Clip", since=11, type="Hardtanh", family="activation", constants=(1, 2))
def build_clip(call: Call) -> Operation:
    """Into bounds that may be left out; where they cross, the upper one holds."""
    clamps = _is_clamp(call)

    def clip(x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
        if low is not None and high is not None and not clamps:
            return _saturated(x, low, high)
        # minimum and maximum would halve the gradient at the bound, clamp gives it all
        return x if low is None and high is None else torch.clamp(x, low, high)

    return clip


def _is_clamp(call: Call) -> bool:
    """Told by the exporter alone; a Clip between two bounds that tells nothing is most often ReLU6."""
    return "aten.clamp" in call.torch or "aten.clip" in call.torch


def _saturated(x: Tensor, low: Tensor | float, high: Tensor | float) -> Tensor:
    """Like clamp, but on a bound, where ReLU6 and Hardtanh are flat already, no gradient passes."""
    flat = torch.clamp(x.detach(), low, high)  # type: ignore[arg-type]
    return torch.where((x > low) & (x < high), x, flat)


def _divide(a: Tensor, b: Tensor) -> Tensor:
    return torch.div(a, b) if a.dtype.is_floating_point else torch.div(a, b, rounding_mode="trunc")


def _broadcasting(call: Call, function: Operation) -> Operation:
    def run(a: Tensor, b: Tensor) -> Tensor:
        broadcast(call, a, b)
        result: Tensor = function(a, b)
        return result

    return run


def _all(call: Call, function: Operation) -> Operation:
    def run(*values: Tensor) -> Tensor:
        broadcast(call, *values)
        return reduce(function, values)

    return run


def _register_unary(name: str, function: Operation, since: int = 7) -> None:
    @operator(name, since=since)
    def build(_: Call) -> Operation:
        return function

    build.__doc__ = f"{name.lower()}(x)."


for _name, _function in {
    "Abs": torch.abs,
    "Neg": torch.neg,
    "Sqrt": torch.sqrt,
    "Exp": torch.exp,
    "Log": torch.log,
    "Reciprocal": torch.reciprocal,
    "Floor": torch.floor,
    "Ceil": torch.ceil,
    "Sin": torch.sin,
    "Cos": torch.cos,
    "Tan": torch.tan,
    "Asin": torch.asin,
    "Acos": torch.acos,
    "Atan": torch.atan,
}.items():
    _register_unary(_name, _function)

for _name, _function in {
    "Erf": torch.erf,
    "Sign": torch.sign,
    "Sinh": torch.sinh,
    "Cosh": torch.cosh,
    "Asinh": torch.asinh,
    "Acosh": torch.acosh,
    "Atanh": torch.atanh,
}.items():
    _register_unary(_name, _function, since=9)

_register_unary("Round", torch.round, since=11)
