"""Tensors of a file, with the declared size checked against the bytes before anything is made."""

import math

import torch
from onnx import TensorProto, numpy_helper
from torch import Tensor

from service.schemas.recipes import TORCH
from workers.networks.onnx.limits import OnnxLimits
from workers.networks.onnx.refusal import RefusedNetwork, shown

DTYPES: dict[int, torch.dtype] = {
    TensorProto.FLOAT: torch.float32,
    TensorProto.DOUBLE: torch.float64,
    TensorProto.FLOAT16: torch.float16,
    TensorProto.BFLOAT16: torch.bfloat16,
    TensorProto.INT8: torch.int8,
    TensorProto.INT16: torch.int16,
    TensorProto.INT32: torch.int32,
    TensorProto.INT64: torch.int64,
    TensorProto.UINT8: torch.uint8,
    TensorProto.UINT16: torch.uint16,
    TensorProto.UINT32: torch.uint32,
    TensorProto.UINT64: torch.uint64,
    TensorProto.BOOL: torch.bool,
}
"""The element types that are taken, by ONNX's number."""

_FIELDS = ("float_data", "int32_data", "int64_data", "double_data", "uint64_data")


def dtype_name(number: int) -> str:
    """ONNX's name of an element type, or its number where ONNX has none."""
    names: dict[int, str] = {value: name for name, value in TensorProto.DataType.items()}
    return names.get(number, str(number))


def element_type(number: object) -> torch.dtype:
    """Torch's element type for ONNX's number; refuses strings, complex, float8 and narrower types."""
    if not isinstance(number, int) or number not in DTYPES:
        name = dtype_name(number) if isinstance(number, int) else shown(number)
        raise RefusedNetwork(f"tensors of type {name} are not supported")
    return DTYPES[number]


def number_of(dtype: torch.dtype) -> int:
    """ONNX's number for torch's element type."""
    return next(number for number, known in DTYPES.items() if known == dtype)


def refuse_outside(proto: TensorProto) -> None:
    """Refuse a tensor whose numbers lie in another file."""
    if proto.data_location == TensorProto.EXTERNAL or proto.external_data:
        name = shown(proto.name or "(constant)")
        raise RefusedNetwork(f"Tensor {name} keeps its data outside the file: export it whole, with {TORCH}.")


def check_tensor(proto: TensorProto, limits: OnnxLimits) -> int:
    """Bytes of a tensor as declared; refuses outside data, absurd sizes and bytes that do not fit them."""
    name = shown(proto.name or "(constant)")
    refuse_outside(proto)
    if proto.HasField("segment"):
        raise RefusedNetwork(f"Tensor {name} is a segment of another.")
    if len(proto.dims) > limits.dimensions or any(size < 0 for size in proto.dims):
        raise RefusedNetwork(f"Tensor {name} has an impossible shape.")
    dtype = element_type(proto.data_type)
    count = math.prod(int(size) for size in proto.dims)
    declared = count * dtype.itemsize
    if declared > limits.constant_bytes:
        raise RefusedNetwork(
            f"Tensor {name} declares {declared} bytes; the limit is {limits.constant_bytes}."
        )
    there = len(proto.raw_data) if proto.HasField("raw_data") else _typed(proto) * dtype.itemsize
    if there != declared:
        raise RefusedNetwork(f"Tensor {name} declares {declared} bytes but holds {there}.")
    return declared


def _typed(proto: TensorProto) -> int:
    counts: list[int] = [len(getattr(proto, field)) for field in _FIELDS]
    return max(counts)


def to_torch(proto: TensorProto) -> Tensor:
    """A checked tensor of the file as one of torch, with memory of its own."""
    try:
        array = numpy_helper.to_array(proto)
    except (ValueError, TypeError, RuntimeError) as error:
        raise RefusedNetwork(f"Tensor {shown(proto.name)} cannot be read: {shown(error)}") from None
    if proto.data_type == TensorProto.BFLOAT16:
        return torch.from_numpy(array.view("int16").copy()).view(torch.bfloat16)
    return torch.from_numpy(array.copy())
