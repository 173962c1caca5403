"""What is inside an uploaded `.npz`, read without numpy, without pickle and without trusting a declared size."""

import ast
import math
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from service.errors import InvalidSubmission
from service.schemas.data import DatasetInfo
from service.schemas.plan import Dtype

NAMES = {"x.npy", "y.npy"}
END = struct.Struct("<4s4H2LH")
ZIP64_LOCATOR_BYTES = 20
DIRECTORY_BYTES = 4096
"""Two entries take some hundred bytes; a directory of millions would fill the memory when it is read."""
MAGIC = b"\x93NUMPY"
HEADER_BYTES = 10_000
CHUNK = 1 << 20
DTYPE = re.compile(r"[<>|=](?:(?P<float>f[248])|(?P<int>[iu][1248]|b1))")


@dataclass(frozen=True)
class Array:
    """Shape and dtype that an `.npy` header declares, and that its length bears out."""

    shape: tuple[int, ...]
    dtype: Dtype


def inspect(path: Path, digest: str, limit: int) -> DatasetInfo:
    """The arrays of a file that may expand to `limit` bytes at most; raises InvalidSubmission."""
    try:
        _check_directory(path)
        with zipfile.ZipFile(path) as archive:
            arrays = _arrays(archive, limit)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, struct.error, zlib.error) as error:
        raise InvalidSubmission(f"the bytes are no readable .npz: {error}") from error
    return _info(path, digest, arrays)


def _check_directory(path: Path) -> None:
    """Bound what zipfile will read before it is asked to: it takes every size in the file for granted."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - END.size - ZIP64_LOCATOR_BYTES))
        tail = file.read()
    if len(tail) < END.size or tail[-END.size :][:4] != b"PK\x05\x06":
        raise InvalidSubmission(
            "the bytes are no .npz: they do not end as a zip archive without comment does"
        )
    if tail[: -END.size].startswith(b"PK\x06\x07"):
        raise InvalidSubmission("zip64 archives are not taken")
    _, _, _, _, entries, directory, start, _ = END.unpack(tail[-END.size :])
    if start + directory + END.size != size:
        raise InvalidSubmission("the bytes are no .npz: its directory does not lie where it says")
    if entries > len(NAMES) or directory > DIRECTORY_BYTES:
        raise InvalidSubmission("an .npz holds `x` and, where the task needs it, `y`, and nothing else")


def _arrays(archive: zipfile.ZipFile, limit: int) -> dict[str, Array]:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names) or not set(names) <= NAMES or "x.npy" not in names:
        found = ", ".join(repr(name[:80]) for name in names) or "nothing"
        raise InvalidSubmission(
            f"an .npz holds `x` and, where the task needs it, `y`; this one holds {found}"
        )
    expanded = sum(entry.file_size for entry in entries)
    if expanded > limit:
        raise InvalidSubmission(
            f"the arrays have {expanded} bytes, and at most {limit} are taken (limit `dataset_bytes`)"
        )
    return {entry.filename.removesuffix(".npy"): _array(archive, entry) for entry in entries}


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Array:
    name = entry.filename.removesuffix(".npy")
    if entry.flag_bits & 1:
        raise InvalidSubmission(f"`{name}` is encrypted")
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise InvalidSubmission(f"`{name}` is compressed in a way that numpy does not write")
    with archive.open(entry) as file:
        shape, code, item_bytes = _header(file, name)
        rest = sum(len(chunk) for chunk in iter(lambda: file.read(CHUNK), b""))
    if rest != math.prod(shape) * item_bytes:
        raise InvalidSubmission(f"`{name}` declares shape {shape} of {code}, but holds {rest} bytes")
    match = DTYPE.fullmatch(code)
    return Array(shape, "float" if match and match["float"] else "int")


def _header(file: IO[bytes], name: str) -> tuple[tuple[int, ...], str, int]:
    """Shape, dtype code and bytes of one element."""
    start = file.read(8)
    wide = start[6:7] != b"\x01"
    length_bytes = file.read(4 if wide else 2)
    if start[:6] != MAGIC or start[6:7] not in {b"\x01", b"\x02", b"\x03"}:
        raise InvalidSubmission(f"`{name}` is no .npy array")
    (length,) = struct.unpack("<I" if wide else "<H", length_bytes)
    if length > HEADER_BYTES:
        raise InvalidSubmission(f"`{name}` has a header of {length} bytes")
    header = _literal(file.read(length), name)
    shape, code = header.get("shape"), header.get("descr")
    if not isinstance(shape, tuple) or not all(type(size) is int and size >= 0 for size in shape):
        raise InvalidSubmission(f"`{name}` has a header without a shape")
    if not isinstance(code, str) or not DTYPE.fullmatch(code):
        raise InvalidSubmission(
            f"`{name}` has dtype {str(code)[:80]!r}; floats, integers and booleans are taken, "
            "objects never (they would need pickle)"
        )
    return shape, code, int(code[-1])


def _literal(header: bytes, name: str) -> dict[str, object]:
    try:
        literal = ast.literal_eval(header.decode("latin-1").strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise InvalidSubmission(f"`{name}` has a header that cannot be read") from error
    if not isinstance(literal, dict):
        raise InvalidSubmission(f"`{name}` has a header that cannot be read")
    return literal


def _info(path: Path, digest: str, arrays: dict[str, Array]) -> DatasetInfo:
    x, y = arrays["x"], arrays.get("y")
    for name, array in arrays.items():
        if not array.shape or math.prod(array.shape) == 0:
            raise InvalidSubmission(f"`{name}` has shape {array.shape}: the first axis counts the examples")
    if y is not None and x.shape[0] != y.shape[0]:
        raise InvalidSubmission(f"`x` has {x.shape[0]} examples, but `y` has {y.shape[0]}")
    return DatasetInfo(
        digest=digest,
        bytes=path.stat().st_size,
        examples=x.shape[0],
        x_shape=x.shape[1:],
        x_dtype=x.dtype,
        y_shape=y.shape[1:] if y else None,
        y_dtype=y.dtype if y else None,
    )
