import hashlib
import io
import os
from pathlib import Path

import pytest

from service.errors import DigestMismatch, TooLarge
from service.store.files import CHUNK, DatasetFiles, NetworkFiles

BYTES = b"examples" * (CHUNK // 4)
DIGEST = f"sha256:{hashlib.sha256(BYTES).hexdigest()}"


def size(path: Path) -> int:
    return path.stat().st_size


@pytest.fixture
def files(tmp_path: Path) -> DatasetFiles:
    return DatasetFiles(tmp_path / "datasets")


def test_bytes_are_kept_under_their_digest(files):
    assert files.write(io.BytesIO(BYTES), DIGEST, len(BYTES), size) == len(BYTES)
    assert files.path(DIGEST).read_bytes() == BYTES


def test_writing_again_changes_nothing(files):
    for _ in range(2):
        files.write(io.BytesIO(BYTES), DIGEST, len(BYTES), size)
    assert [path.name for path in files.folder.iterdir()] == [files.path(DIGEST).name]


def test_other_bytes_than_promised_are_not_kept(files):
    with pytest.raises(DigestMismatch):
        files.write(io.BytesIO(b"other"), DIGEST, 100, size)
    assert list(files.folder.iterdir()) == []


def test_more_bytes_than_allowed_are_not_kept_nor_read_to_the_end(files):
    stream = io.BytesIO(BYTES)
    with pytest.raises(TooLarge):
        files.write(stream, DIGEST, CHUNK, size)
    assert stream.tell() <= 2 * CHUNK
    assert list(files.folder.iterdir()) == []


def test_an_upload_that_breaks_off_leaves_nothing(files):
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        files.write(Broken(), DIGEST, 100, size)
    assert list(files.folder.iterdir()) == []


def test_bytes_that_do_not_pass_the_check_are_not_kept(files):
    def refuse(path: Path) -> None:
        assert path.read_bytes() == BYTES
        raise TooLarge("no data set")

    with pytest.raises(TooLarge):
        files.write(io.BytesIO(BYTES), DIGEST, len(BYTES), refuse)
    assert list(files.folder.iterdir()) == []


def test_the_next_upload_clears_what_a_killed_one_left_long_ago(files):
    files.folder.mkdir()
    fresh, old = files.folder / "fresh.part", files.folder / "old.part"
    fresh.touch()
    old.touch()
    os.utime(old, (0, 0))

    files.write(io.BytesIO(BYTES), DIGEST, len(BYTES), size)

    assert {path.name for path in files.folder.iterdir()} == {fresh.name, files.path(DIGEST).name}


def test_each_kind_of_upload_lies_under_its_own_name_and_limit(tmp_path):
    networks = NetworkFiles(tmp_path)
    networks.write(io.BytesIO(BYTES), DIGEST, len(BYTES), size)
    assert networks.path(DIGEST).suffix == ".onnx"
    assert DatasetFiles(tmp_path).path(DIGEST).suffix == ".npz"
    with pytest.raises(TooLarge, match="a network may have at most 9 bytes"):
        networks.write(io.BytesIO(BYTES), DIGEST, 9, size)


def test_bytes_of_an_untold_digest_get_the_name_that_they_have(files: DatasetFiles) -> None:
    content = b"whatever"
    told = files.take(io.BytesIO(content), 100, lambda path, digest: (path.read_bytes(), digest))
    assert told == (content, f"sha256:{hashlib.sha256(content).hexdigest()}")
    assert files.path(told[1]).read_bytes() == content
