"""Whether bytes may be an ONNX network: a walk over the outermost fields that reads some bytes of each.

Nothing inside of a field is looked at here: that is done by a worker, in a process that may die of it.
"""

from pathlib import Path
from typing import IO, Final

from service.api.foreign import foreign
from service.errors import InvalidSubmission
from service.schemas.onnx import NetworkFile
from service.schemas.recipes import TORCH

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
IR_VERSION, GRAPH, OPSETS = 1, 7, 8
WIRE_TYPES: Final = {1: VARINT, 2: LENGTH, 3: LENGTH, 4: LENGTH, 5: VARINT, 6: LENGTH, 7: LENGTH, 8: LENGTH}
"""Of the fields that every ModelProto has had since the first version."""
MOST_FIELDS: Final = 20_000
"""A file has one for each of its functions beside some ten others; what comes later is left to the worker."""
LONGEST_VARINT: Final = 10
BEGINNING: Final = 1024


def inspect(path: Path, digest: str) -> NetworkFile:
    """What is known of a file without reading it; raises InvalidSubmission for what is no ONNX network."""
    size = path.stat().st_size
    with path.open("rb") as file:
        beginning = file.read(BEGINNING)
        found = foreign(beginning)
        if found is not None:
            raise InvalidSubmission(f"the bytes are no ONNX network: {found}")
        file.seek(0)
        _check(_fields(file, size))
    return NetworkFile(digest=digest, bytes=size)


def _check(fields: set[int]) -> None:
    if not {IR_VERSION, GRAPH, OPSETS} <= fields:
        raise InvalidSubmission(
            "the bytes are no ONNX network: they lack its version, its graph or its opset; "
            f"export it, with torch by {TORCH}"
        )


def _fields(file: IO[bytes], size: int) -> set[int]:
    """Numbers of the outermost fields of a protobuf message."""
    found: set[int] = set()
    for _ in range(MOST_FIELDS):
        if file.tell() == size:
            return found
        key = _varint(file)
        number, wire = key >> 3, key & 7
        if number == 0 or WIRE_TYPES.get(number, wire) != wire:
            raise _unreadable(file)
        _skip(file, wire)
        if file.tell() > size:
            raise InvalidSubmission(
                f"the file ends in the middle of a field: {size} bytes came, and it says that it has "
                f"{file.tell()}; upload all of it"
            )
        found.add(number)
    return found | {IR_VERSION, GRAPH, OPSETS}


def _skip(file: IO[bytes], wire: int) -> None:
    if wire == VARINT:
        _varint(file)
    elif wire == LENGTH:
        file.seek(_varint(file), 1)
    elif wire in {FIXED32, FIXED64}:
        file.seek(4 if wire == FIXED32 else 8, 1)
    else:
        raise _unreadable(file)


def _varint(file: IO[bytes]) -> int:
    value = 0
    for place in range(LONGEST_VARINT):
        byte = file.read(1)
        if not byte:
            raise InvalidSubmission("the file ends in the middle of a number; upload all of it")
        value |= (byte[0] & 0x7F) << (7 * place)
        if byte[0] < 0x80:
            return value & (2**64 - 1)
    raise _unreadable(file)


def _unreadable(file: IO[bytes]) -> InvalidSubmission:
    return InvalidSubmission(
        f"the bytes are no ONNX network: what stands at byte {file.tell()} is nothing that an ONNX file has there; "
        f"export it, with torch by {TORCH}"
    )
