"""Changes of the element type."""

import torch
from torch import Tensor

from workers.networks.onnx.call import Call
from workers.networks.onnx.registry import Operation, operator
from workers.networks.onnx.tensors import element_type


def _to(x: Tensor, dtype: torch.dtype) -> Tensor:
    return x if x.dtype == dtype else x.to(dtype)


@operator("Cast", family="shape")
def build_cast(call: Call) -> Operation:
    """To a fixed type."""
    call.ignore("saturate", "round_mode")
    dtype = element_type(call.raw("to"))
    return lambda x: _to(x, dtype)


@operator("CastLike", family="shape", since=15)
def build_cast_like(call: Call) -> Operation:
    """To the type of another value."""
    call.ignore("saturate", "round_mode")
    return lambda x, like: _to(x, like.dtype)
