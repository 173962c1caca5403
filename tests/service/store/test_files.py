"""Uploaded files: all there, or not there."""

import hashlib
import io
from pathlib import Path

import pytest

from service.errors import DigestMismatch, InvalidSubmission, TooLarge
from service.store.files import DatasetFiles

CONTENT = b"the bytes of a data set" * 100_000
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


def accept(path: Path) -> int:
    return path.stat().st_size


def refuse(path: Path) -> int:
    raise InvalidSubmission(f"{path.stat().st_size} bytes are wrong")


def left_behind(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.exists() else []


def test_a_file_is_stored_under_its_digest_and_what_the_check_found_is_returned(tmp_path: Path) -> None:
    files = DatasetFiles(tmp_path / "datasets")
    assert files.write(io.BytesIO(CONTENT), DIGEST, len(CONTENT), accept) == len(CONTENT)
    assert files.path(DIGEST).read_bytes() == CONTENT
    assert left_behind(tmp_path / "datasets") == [files.path(DIGEST)]


def test_the_same_bytes_may_come_again(tmp_path: Path) -> None:
    files = DatasetFiles(tmp_path)
    for _ in range(2):
        files.write(io.BytesIO(CONTENT), DIGEST, len(CONTENT), accept)
    assert left_behind(tmp_path) == [files.path(DIGEST)]


def test_bytes_of_another_digest_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(DigestMismatch, match="24 bytes came"):
        DatasetFiles(tmp_path).write(io.BytesIO(CONTENT[:24]), DIGEST, len(CONTENT), accept)
    assert left_behind(tmp_path) == []


def test_a_stream_over_the_limit_is_not_read_to_its_end(tmp_path: Path) -> None:
    stream = io.BytesIO(bytes(50_000_000))
    with pytest.raises(TooLarge, match="at most 1000 bytes"):
        DatasetFiles(tmp_path).write(stream, DIGEST, 1000, accept)
    assert stream.tell() < 2_000_000
    assert left_behind(tmp_path) == []


def test_bytes_that_the_check_refuses_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidSubmission):
        DatasetFiles(tmp_path).write(io.BytesIO(CONTENT), DIGEST, len(CONTENT), refuse)
    assert left_behind(tmp_path) == []


def test_the_check_sees_all_bytes_before_anybody_else_does(tmp_path: Path) -> None:
    files = DatasetFiles(tmp_path)

    def look(path: Path) -> bytes:
        assert not files.path(DIGEST).exists()
        return path.read_bytes()

    assert files.write(io.BytesIO(CONTENT), DIGEST, len(CONTENT), look) == CONTENT
