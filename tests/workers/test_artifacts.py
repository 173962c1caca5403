"""What a trial wrote becomes an upload like any other, or nothing."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.schemas.limits import Limits
from service.schemas.order import RunOrder
from service.schemas.submission import Submission
from service.settings import Settings
from service.store import networks
from service.store.database import Database
from service.store.files import NetworkFiles
from tests.databases import sqlite_database
from tests.service.patients import BODY
from workers.artifacts import keep, place_for


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with sqlite_database(tmp_path) as made:
        yield made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def order(**said: Any) -> RunOrder:
    network = {"onnx": f"sha256:{'3' * 64}"} if said.pop("from_file", True) else BODY["network"]
    known = {"run_id": "rn_9", "attempt": 2, "role": "trial", "seed": 0, "steps": 10, "planned_steps": 10}
    submission = Submission.model_validate(BODY | {"network": network})
    return RunOrder.model_validate(known | said | {"submission": submission, "limits": Limits()})


def test_one_seed_of_a_trial_of_a_file_has_a_place(settings: Settings) -> None:
    place = place_for(order(), settings)
    assert place == settings.networks_dir / "rn_9-2.part"
    assert place.parent.is_dir()


@pytest.mark.parametrize("said", [{"role": "baseline"}, {"seed": 1}, {"from_file": False}])
def test_nothing_else_has_one(settings: Settings, said: dict[str, Any]) -> None:
    assert place_for(order(**said), settings) is None


def test_what_is_kept_is_named_by_its_digest_and_known(settings: Settings, database: Database) -> None:
    part = place_for(order(), settings)
    assert part is not None
    part.write_bytes(b"network")
    digest = f"sha256:{hashlib.sha256(b'network').hexdigest()}"

    assert keep(part, 100, settings, database) == digest

    assert NetworkFiles(settings.networks_dir).path(digest).read_bytes() == b"network"
    assert not part.exists()
    known = networks.get(database, digest)
    assert known is not None
    assert known.bytes == 7


@pytest.mark.parametrize("content", [b"", b"x" * 101, None])
def test_nothing_too_much_or_never_written_is_not_kept(
    settings: Settings, database: Database, content: bytes | None
) -> None:
    part = place_for(order(), settings)
    assert part is not None
    if content is not None:
        part.write_bytes(content)

    assert keep(part, 100, settings, database) is None
    assert list(settings.networks_dir.glob("*.onnx")) == []
