"""Values from nothing: constants, fillings, ranges and random numbers (from torch's seeded generator)."""

import math

import torch
from torch import Tensor

from workers.networks.onnx.call import Call, ints
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.registry import Operation, operator
from workers.networks.onnx.tensors import element_type


@operator("Constant")
def build_constant(call: Call) -> Operation:
    """A value in the file, in one of six spellings."""
    value = call.raw("value")
    if isinstance(value, Tensor):
        return lambda: value
    for name, dtype in (("value_float", torch.float32), ("value_int", torch.int64)):
        for spelling in (name, f"{name}s"):
            plain = call.raw(spelling)
            if plain is not None:
                return _given(torch.tensor(plain, dtype=dtype))
    raise RefusedNetwork("a constant that is no dense tensor of numbers is not supported")


def _given(value: Tensor) -> Operation:
    return lambda: value


@operator("ConstantOfShape", since=9, host=(0,))
def build_filled(call: Call) -> Operation:
    """One value in every place."""
    value = call.raw("value")
    filling = value.reshape(()) if isinstance(value, Tensor) else torch.tensor(0.0)

    def fill(shape: Tensor) -> Tensor:
        sizes = ints(shape)
        call.room(*sizes)
        return torch.full(sizes, filling.item(), dtype=filling.dtype)

    return fill


@operator("Range", since=11, host=(0, 1, 2))
def build_range(call: Call) -> Operation:
    """From a start by steps to before a limit."""
    if call.opset >= 27:
        call.only("stash_type", 1)

    def count(start: Tensor, limit: Tensor, step: Tensor) -> Tensor:
        by = step.item()
        if by == 0:
            raise RefusedNetwork("a range with step 0")
        number = max(math.ceil((limit.item() - start.item()) / by), 0)
        call.room(number)
        return start + torch.arange(number, dtype=start.dtype) * step

    return count


@operator("EyeLike", since=9)
def build_eye(call: Call) -> Operation:
    """Ones on a diagonal."""
    kind, shift = call.integer("dtype"), call.get("k", 0)

    def eye(x: Tensor) -> Tensor:
        whole = torch.ones_like(x, dtype=x.dtype if kind is None else element_type(kind))
        return whole.triu(shift).tril(shift)

    return eye


@operator("RandomNormalLike", "RandomUniformLike", pure=False)
def build_random_like(call: Call) -> Operation:
    """Random numbers in the shape of another value."""
    kind, fill = call.integer("dtype"), _filling(call)
    return lambda x: fill(torch.empty_like(x, dtype=x.dtype if kind is None else element_type(kind)))


@operator("RandomNormal", "RandomUniform", pure=False)
def build_random(call: Call) -> Operation:
    """Random numbers in a fixed shape."""
    kind, fill, shape = call.get("dtype", 1), _filling(call), call.get("shape", ())
    call.room(*shape)
    return lambda: fill(torch.empty(shape, dtype=element_type(kind)))


def _filling(call: Call) -> Operation:
    """Drawn anew in every forward from torch's generator; the file's own seed would repeat the same noise."""
    call.ignore("seed")
    low, high = call.number("low"), call.number("high")
    mean, scale = call.number("mean"), call.number("scale")
    if call.operator.startswith("RandomNormal"):
        return lambda x: x.normal_(mean or 0.0, 1.0 if scale is None else scale)
    return lambda x: x.uniform_(low or 0.0, 1.0 if high is None else high)


@operator("Bernoulli", since=15, pure=False)
def build_bernoulli(call: Call) -> Operation:
    """One with the probability that flows in, else zero."""
    call.ignore("seed")
    kind = call.integer("dtype")
    return lambda x: torch.bernoulli(x.detach()).to(x.dtype if kind is None else element_type(kind))
