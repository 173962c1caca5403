"""Uploaded archives are read as far as was declared, and never unpickled."""

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from service.schemas.data import DatasetInfo
from workers.errors import DataMissing, UnfitData
from workers.training.upload import load_npz


def info(x_shape=(2,), x_dtype="float", y_shape=(), y_dtype="int", examples=3) -> DatasetInfo:
    return DatasetInfo(
        digest="sha256:" + "0" * 64,
        bytes=1,
        examples=examples,
        x_shape=x_shape,
        x_dtype=x_dtype,
        y_shape=y_shape,
        y_dtype=y_dtype,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.npz"


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("whole", [np.int8, np.uint16, np.int64, np.bool_])
def test_arrays_come_as_float32_and_int64(path: Path, save, kind, whole) -> None:
    x, y = np.arange(6, dtype=kind).reshape(3, 2), np.array([0, 1, 1], dtype=whole)
    save(path, x=x, y=y)
    got_x, got_y = load_npz(path, info())
    assert (got_x.dtype, got_y.dtype) == (torch.float32, torch.int64)
    assert got_x.tolist() == x.tolist()
    assert got_y.tolist() == [0, 1, 1]


def test_values_that_are_not_finite_stay(path: Path) -> None:
    np.savez(path, x=np.array([[np.nan, np.inf], [1e300, -np.inf], [0, 1]]))
    x, y = load_npz(path, info(y_shape=None, y_dtype=None))
    assert y is None
    assert x.isnan().sum() == 1
    assert x.isinf().sum() == 3


def test_fortran_order_and_old_headers_are_read(path: Path) -> None:
    np.savez(path, x=np.asfortranarray(np.arange(6.0).reshape(3, 2)), y=np.zeros(3, dtype=int))
    assert load_npz(path, info())[0].tolist() == [[0, 1], [2, 3], [4, 5]]


def test_an_archive_that_holds_more_than_was_declared_is_refused_by_its_header(path: Path) -> None:
    np.savez_compressed(path, x=np.zeros((30_000, 2)), y=np.zeros(30_000, dtype=int))
    with pytest.raises(UnfitData, match=r"shape \(30000, 2\), not float of shape \(3, 2\)"):
        load_npz(path, info())


def test_pickles_are_refused(path: Path) -> None:
    np.savez(path, x=np.array([["a", pickle.dumps(1)]] * 3, dtype=object), y=np.zeros(3, dtype=int))
    with pytest.raises(UnfitData, match="holds object"):
        load_npz(path, info())


def test_other_kinds_of_number_are_refused(path: Path) -> None:
    np.savez(path, x=np.zeros((3, 2), dtype=complex), y=np.zeros(3, dtype=int))
    with pytest.raises(UnfitData, match="complex128"):
        load_npz(path, info())


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04broken"])
def test_what_is_no_archive_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(UnfitData, match="cannot be read"):
        load_npz(path, info())


def test_an_archive_without_x_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00")
    with pytest.raises(UnfitData, match="cannot be read"):
        load_npz(path, info())
    np.savez(path, z=np.zeros(3))
    with pytest.raises(UnfitData, match="cannot be read"):
        load_npz(path, info())


def test_a_missing_file_is_the_services_trouble(path: Path) -> None:
    with pytest.raises(DataMissing, match="not on this worker"):
        load_npz(path, info())
