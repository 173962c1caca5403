"""Uploads are read without numpy and without trust; numpy itself is the oracle of what is good."""

import contextlib
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.api import npz
from service.errors import InvalidSubmission
from service.schemas.data import DatasetInfo

DIGEST = "sha256:" + "0" * 64
LIMIT = 10_000_000


def inspect(path: Path, content: bytes, limit: int = LIMIT) -> DatasetInfo:
    path.write_bytes(content)
    return npz.inspect(path, DIGEST, limit)


def saved(*, compressed: bool = False, **arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    return file.getvalue()


def zipped(compression: int = zipfile.ZIP_STORED, **entries: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def npy(header: str, body: bytes = b"") -> bytes:
    text = header.encode("latin-1") + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("code", ["f2", "f4", "f8", ">f4", "i1", "i2", "<i4", "i8", "u1", "u8", "?"])
def test_what_numpy_saves_is_understood(tmp_path: Path, code: str, compressed: bool) -> None:
    x, y = np.ones((6, 2, 3), code), np.arange(6)
    info = inspect(tmp_path / "file", content := saved(compressed=compressed, x=x, y=y))
    assert info == DatasetInfo(
        digest=DIGEST,
        bytes=len(content),
        examples=6,
        x_shape=(2, 3),
        x_dtype="float" if np.dtype(code).kind == "f" else "int",
        y_shape=(),
        y_dtype="int",
    )


def test_targets_may_be_left_out(tmp_path: Path) -> None:
    assert inspect(tmp_path / "file", saved(x=np.ones((3, 2)))).y_shape is None


def test_a_fortran_ordered_array_is_taken(tmp_path: Path) -> None:
    assert inspect(tmp_path / "file", saved(x=np.asfortranarray(np.ones((3, 4))))).x_shape == (4,)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "do not end as a zip"),
        (b"PK\x05\x06", "do not end as a zip"),
        (b"not a zip, but long enough to hold the end of one", "do not end as a zip"),
        (saved(z=np.ones((3, 2))), "holds 'z.npy'"),
        (saved(y=np.ones((3, 2))), "holds 'y.npy'"),
        (saved(x=np.ones(3), y=np.ones(3), z=np.ones(3)), "nothing else"),
        (saved(x=np.ones((3, 2)), y=np.ones(4)), "3 examples, but `y` has 4"),
        (saved(x=np.float32(3)), "first axis"),
        (saved(x=np.ones((0, 3))), "first axis"),
        (saved(x=np.ones((3, 0))), "first axis"),
        (saved(x=np.array(["a", "b"])), "dtype '<U1'"),
        (saved(x=np.ones(3, "complex64")), "dtype '<c8'"),
        (saved(x=np.ones(3, [("a", "f4"), ("b", "i4")])), "dtype"),
        (saved(x=np.array([{"a": 1}], dtype=object)), "pickle"),
        (zipped(x=b"no array"), "no .npy array"),
        (zipped(x=b""), "no .npy array"),
        (zipped(x=b"\x93NUMPY\x02\x00\xff\xff\xff\xff"), "header of 4294967295 bytes"),
        (zipped(x=npy("__import__('os').system('true')")), "cannot be read"),
        (zipped(x=npy("(" * 9_000)), "cannot be read"),
        (zipped(x=npy("[1]")), "cannot be read"),
        (zipped(x=npy("{}")), "without a shape"),
        (zipped(x=npy("{'shape': (True,), 'descr': '<f4'}")), "without a shape"),
        (zipped(x=npy("{'shape': (-1,), 'descr': '<f4'}")), "without a shape"),
        (zipped(x=npy("{'shape': (2,), 'descr': ['<f4']}")), "dtype"),
        (zipped(x=npy("{'shape': (2,), 'descr': '<f4'}", bytes(7))), "but holds 7 bytes"),
        (zipped(x=npy(f"{{'shape': ({2**62}, 4), 'descr': '<f4'}}")), "but holds 0 bytes"),
        (
            zipped(zipfile.ZIP_BZIP2, x=npy("{'shape': (2,), 'descr': '<f4'}", bytes(8))),
            "compressed in a way",
        ),
        (b"in front" + saved(x=np.ones(4)), "does not lie where it says"),
        (saved(x=np.ones(4)) + b"something after the end", "do not end as a zip"),
    ],
)
def test_everything_else_is_refused_with_the_reason(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(InvalidSubmission) as refusal:
        inspect(tmp_path / "file", content)
    assert words in refusal.value.detail


def test_a_zip_bomb_is_refused_by_its_declared_size(tmp_path: Path) -> None:
    content = saved(compressed=True, x=np.zeros(2_000_000))
    assert len(content) < 20_000
    with pytest.raises(InvalidSubmission, match="at most 1000000"):
        inspect(tmp_path / "file", content, limit=1_000_000)


def test_a_zip_bomb_that_lies_about_its_size_is_never_expanded(tmp_path: Path) -> None:
    content = bytearray(saved(compressed=True, x=np.zeros(2_000_000)))
    real = struct.pack("<L", 16_000_128)
    place = content.index(b"PK\x01\x02") + 24
    assert content[place : place + 4] == real
    content[place : place + 4] = struct.pack("<L", 136)
    with pytest.raises(InvalidSubmission):
        inspect(tmp_path / "file", bytes(content), limit=1_000_000)


def test_a_directory_larger_than_two_entries_need_is_not_read(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", npy("{'shape': (2,), 'descr': '<f4'}", bytes(8)))
        archive.getinfo("x.npy").comment = bytes(5000)
    content = file.getvalue()
    with pytest.raises(InvalidSubmission, match="nothing else"):
        inspect(tmp_path / "file", bytes(content))


def test_a_damaged_array_is_refused(tmp_path: Path) -> None:
    content = bytearray(saved(x=np.ones((100, 8))))
    content[1000] ^= 0xFF
    with pytest.raises(InvalidSubmission, match="CRC"):
        inspect(tmp_path / "file", bytes(content))


GOOD = saved(compressed=True, x=np.arange(24.0).reshape(6, 4), y=np.arange(6))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_flipped_bytes_never_cause_anything_but_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]]
) -> None:
    content = bytearray(GOOD)
    for place, byte in flips:
        content[place] = byte
    path = tmp_path_factory.getbasetemp() / "flipped"
    with contextlib.suppress(InvalidSubmission):
        inspect(path, bytes(content))
