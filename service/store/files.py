"""The bytes of uploaded data sets: one file each, named by its digest, whole or not there at all."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from service.errors import DigestMismatch, TooLarge

CHUNK = 1 << 20


class DatasetFiles:
    """A folder of data sets, shared by the API that writes them and the workers that read them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        """Where the bytes with that digest lie, or would."""
        return self.folder / f"{digest.removeprefix('sha256:')}.npz"

    def write(self, stream: BinaryIO, digest: str, limit: int) -> int:
        """Stream bytes to disk and return how many; raises TooLarge or DigestMismatch and keeps nothing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                size = _copy(stream, file, digest, limit)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path(digest))
        finally:
            part.unlink(missing_ok=True)
        return size


def _copy(stream: BinaryIO, file: BinaryIO, digest: str, limit: int) -> int:
    size = 0
    hashed = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"A data set may have {limit:,} bytes.")
        hashed.update(chunk)
        file.write(chunk)
    found = f"sha256:{hashed.hexdigest()}"
    if found != digest:
        raise DigestMismatch(f"The bytes have the digest {found}, not {digest}.")
    return size
