"""Comparisons, logic and choice; of these only Where carries gradients."""

import torch
from torch import Tensor

from workers.networks.onnx.call import Call, broadcast
from workers.networks.onnx.registry import Operation, operator


@operator("Where", since=9)
def build_where(call: Call) -> Operation:
    """One value where the condition holds, else the other."""

    def where(condition: Tensor, yes: Tensor, no: Tensor) -> Tensor:
        broadcast(call, condition, yes, no)
        return torch.where(condition, yes, no)

    return where


@operator("IsNaN", since=9)
def build_is_nan(_: Call) -> Operation:
    """Whether a number is none."""
    return torch.isnan


@operator("IsInf", since=10)
def build_is_inf(call: Call) -> Operation:
    """Whether a number is infinite, on the sides that are asked for."""
    positive, negative = call.get("detect_positive", 1), call.get("detect_negative", 1)

    def is_inf(x: Tensor) -> Tensor:
        found = torch.zeros_like(x, dtype=torch.bool)
        if positive:
            found = found | torch.isposinf(x)
        return found | torch.isneginf(x) if negative else found

    return is_inf


@operator("Not")
def build_not(_: Call) -> Operation:
    """The opposite."""
    return torch.logical_not


@operator("BitwiseNot", since=18)
def build_bitwise_not(_: Call) -> Operation:
    """Every bit turned."""
    return torch.bitwise_not


@operator("BitShift", since=11)
def build_bit_shift(call: Call) -> Operation:
    """Bits moved left or right; torch shifts few unsigned types, so through int64 and back."""
    left = call.only("direction", "LEFT", "RIGHT") == "LEFT"

    def shift(x: Tensor, by: Tensor) -> Tensor:
        broadcast(call, x, by)
        if x.dtype == torch.uint64:
            raise TypeError("BitShift of uint64 is not supported")
        move = torch.bitwise_left_shift if left else torch.bitwise_right_shift
        return move(x.long(), by.long()).to(x.dtype)

    return shift


def _register_binary(name: str, function: Operation, since: int) -> None:
    @operator(name, since=since)
    def build(call: Call) -> Operation:
        def run(a: Tensor, b: Tensor) -> Tensor:
            broadcast(call, a, b)
            result: Tensor = function(a, b)
            return result

        return run

    build.__doc__ = f"{name.lower()} of two, element by element."


for _name, _function, _since in (
    ("Equal", torch.eq, 7),
    ("Less", torch.lt, 7),
    ("Greater", torch.gt, 7),
    ("LessOrEqual", torch.le, 12),
    ("GreaterOrEqual", torch.ge, 12),
    ("And", torch.logical_and, 7),
    ("Or", torch.logical_or, 7),
    ("Xor", torch.logical_xor, 7),
    ("BitwiseAnd", torch.bitwise_and, 18),
    ("BitwiseOr", torch.bitwise_or, 18),
    ("BitwiseXor", torch.bitwise_xor, 18),
):
    _register_binary(_name, _function, _since)
