"""The bytes of what was uploaded: one file each, named by its digest, whole and checked or not there at all."""

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, ClassVar, TypeVar

from service.errors import DigestMismatch, TooLarge

Checked = TypeVar("Checked")
CHUNK = 1 << 20
ABANDONED_SECONDS = 24 * 3600
"""No upload takes so long: a part that is older was left by a process that was killed."""


class Files:
    """A folder of one kind of upload, shared by the API that writes it and the workers that read it."""

    suffix: ClassVar[str]
    noun: ClassVar[str]
    limit: ClassVar[str]
    """The setting that bounds one of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        """Where the bytes with that digest lie, or would."""
        return self.folder / f"{digest.removeprefix('sha256:')}{self.suffix}"

    def write(self, stream: BinaryIO, digest: str, limit: int, check: Callable[[Path], Checked]) -> Checked:
        """Stream bytes to disk and return what `check` finds in them; keeps nothing if anything is refused.

        Raises TooLarge, DigestMismatch, and what `check` raises.
        """

        def checked(path: Path, found: str) -> Checked:
            if found != digest:
                came = f"{path.stat().st_size} bytes came, whose digest is {found} and not {digest}"
                raise DigestMismatch(came)
            return check(path)

        return self.take(stream, limit, checked)

    def take(self, stream: BinaryIO, limit: int, check: Callable[[Path, str], Checked]) -> Checked:
        """The same for bytes whose digest nobody has told: `check` is handed the one that they have.

        The file gets its name only when all of it is on the disk, so nobody ever reads a part of one.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._clear()
        handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                digest = self._copy(stream, file, limit)
                file.flush()
                os.fsync(file.fileno())
            checked = check(part, digest)
            part.replace(self.path(digest))
            _sync(self.folder)
        finally:
            part.unlink(missing_ok=True)
        return checked

    def _clear(self) -> None:
        """Delete the parts that nobody will finish."""
        for part in self.folder.glob("*.part"):
            with contextlib.suppress(FileNotFoundError):
                if part.stat().st_mtime < time.time() - ABANDONED_SECONDS:
                    part.unlink()

    def _copy(self, stream: BinaryIO, file: BinaryIO, limit: int) -> str:
        size = 0
        hashed = hashlib.sha256()
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > limit:
                raise TooLarge(f"{self.noun} may have at most {limit} bytes (limit `{self.limit}`)")
            hashed.update(chunk)
            file.write(chunk)
        return f"sha256:{hashed.hexdigest()}"


class DatasetFiles(Files):
    """The data sets."""

    suffix, noun, limit = ".npz", "a data set", "dataset_bytes"


class NetworkFiles(Files):
    """The networks."""

    suffix, noun, limit = ".onnx", "a network", "network_bytes"


def _sync(folder: Path) -> None:
    """Make a rename inside the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
