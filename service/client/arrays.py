"""Data as an `.npz`, from tensors or arrays, written without importing numpy or torch."""

import io
import struct
import zipfile
from collections.abc import Sequence
from typing import Any, Final

from service.client.errors import Inexpressible

_MAGIC: Final = b"\x93NUMPY\x01\x00"
_ALIGNED: Final = 64
"""The header is padded so that the numbers begin at a multiple of it."""


def npz_of(x: object, y: object | None = None) -> bytes:
    """The arrays `x` and `y`, compressed; raises Inexpressible for what is no array of numbers."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in (("x", x), ("y", y)):
            if value is not None:
                # A fixed date: the same data have the same digest and are sent once.
                entry = zipfile.ZipInfo(f"{name}.npy")
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, _npy(name, _array(value)), compresslevel=1)
    return buffer.getvalue()


def pair_of(data: object) -> tuple[object, object | None] | None:
    """`x` and `y` of a pair, of a TensorDataset, or of `x` alone; None where it is something else."""
    data = getattr(data, "tensors", data)
    if isinstance(data, tuple | list) and len(data) in {1, 2}:
        return data[0], data[1] if len(data) == 2 else None
    return (data, None) if hasattr(data, "shape") else None


def _array(value: Any) -> Any:
    """What a tensor, a series or an array holds, as something with numpy's dtype, shape and bytes."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        # numpy has no bfloat16.
        return (value.float() if "bfloat16" in str(value.dtype) else value).numpy()
    return value.to_numpy() if hasattr(value, "to_numpy") else value


def _npy(name: str, array: Any) -> bytes:
    shape: Sequence[int] = getattr(array, "shape", ())
    code = getattr(getattr(array, "dtype", None), "str", "")
    if not shape or not hasattr(array, "tobytes"):
        raise Inexpressible(
            f"`{name}` is {type(array).__name__}; give a tensor or an array whose first axis counts examples"
        )
    if code[1:2] not in {"f", "i", "u", "b"} or code[2:] not in {"1", "2", "4", "8"}:
        raise Inexpressible(f"`{name}` has dtype {code or '?'}; floats, integers and booleans are taken")
    header = repr({"descr": code, "fortran_order": False, "shape": tuple(int(size) for size in shape)})
    padding = -(len(_MAGIC) + 2 + len(header) + 1) % _ALIGNED
    text = f"{header}{' ' * padding}\n".encode("latin-1")
    return _MAGIC + struct.pack("<H", len(text)) + text + bytes(array.tobytes())
