"""Uploaded data sets: `.npz` archives of two plain arrays, read no further than they say they reach."""

import zipfile
from pathlib import Path
from typing import IO

import numpy as np
import torch
from numpy.lib import format as npy
from torch import Tensor

from service.schemas.data import DatasetInfo
from service.schemas.plan import Dtype, Shape
from workers.errors import DataMissing, UnfitData


def load_npz(path: Path, info: DatasetInfo) -> tuple[Tensor, Tensor | None]:
    """Examples `x` and answers `y` (None where the file has none), as float32 or int64; nothing is unpickled.

    Each array's header is held against `info` before its values are read, so an archive cannot grow beyond
    what was measured when it was taken in. NaN and infinity are left as they are.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            x = _array(archive, "x.npy", (info.examples, *info.x_shape), info.x_dtype)
            if info.y_shape is None or info.y_dtype is None:
                return x, None
            return x, _array(archive, "y.npy", (info.examples, *info.y_shape), info.y_dtype)
    except FileNotFoundError as error:
        raise DataMissing(f"The data set {info.digest} is not on this worker.") from error
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise UnfitData(f"The data set {info.digest} cannot be read: {error}") from error


def _array(archive: zipfile.ZipFile, name: str, shape: Shape, dtype: Dtype) -> Tensor:
    with archive.open(name) as member:
        found, kind = _header(member)
    if found != shape or (kind.kind == "f") != (dtype == "float") or kind.kind not in "fiub":
        raise ValueError(f"{name} holds {kind} of shape {found}, not {dtype} of shape {shape}")
    with archive.open(name) as member:
        values = npy.read_array(member, allow_pickle=False)
    with np.errstate(over="ignore"):  # float64 beyond float32 becomes infinity, which is reported as such
        return torch.from_numpy(values.astype(np.float32 if dtype == "float" else np.int64, copy=False))


def _header(member: IO[bytes]) -> tuple[Shape, np.dtype]:
    version = npy.read_magic(member)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _fortran, dtype = read(member)
    return tuple(shape), dtype
