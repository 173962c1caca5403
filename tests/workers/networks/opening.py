"""Files on a disk, opened the way a run opens them."""

import hashlib
from pathlib import Path
from typing import Any

from onnx import ModelProto

from service.schemas.limits import Limits
from service.schemas.onnx import OnnxSpec
from workers.networks.file import FileNetwork, open_file


def stored(data: bytes | ModelProto, folder: Path) -> tuple[str, Path]:
    """Digest and path of a file that was uploaded."""
    content = data if isinstance(data, bytes) else data.SerializeToString()
    digest = hashlib.sha256(content).hexdigest()
    path = folder / f"{digest}.onnx"
    path.write_bytes(content)
    return f"sha256:{digest}", path


def spec_of(digest: str, **said: Any) -> OnnxSpec:
    """What is said beside the file."""
    return OnnxSpec.model_validate({"onnx": digest} | said)


def opened(
    data: bytes | ModelProto,
    folder: Path,
    *,
    batch: int | None = None,
    shape: tuple[int, ...] | None = None,
    limits: Limits | None = None,
    **said: Any,
) -> FileNetwork:
    """The network in a file."""
    digest, path = stored(data, folder)
    return open_file(spec_of(digest, **said), path, limits or Limits(), batch=batch, shape=shape)
