"""What a child sees of its surroundings."""

import os

import pytest

from workers.environment import harmless, scrubbed


def test_only_what_is_known_to_be_harmless_is_kept() -> None:
    environment = {
        "PATH": "/bin",
        "LC_ALL": "C",
        "CUDA_VISIBLE_DEVICES": "1",
        "GRADCLINIC_BROKER_URL": "redis://:secret@broker",
        "PGPASSWORD": "secret",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "SOMETHING_NEW": "secret",
    }
    assert harmless(environment) == {"PATH": "/bin", "LC_ALL": "C", "CUDA_VISIBLE_DEVICES": "1"}


def test_the_environment_comes_back_after_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADCLINIC_BROKER_URL", "redis://:secret@broker")
    before = dict(os.environ)

    with scrubbed(OMP_NUM_THREADS="1"):
        assert "GRADCLINIC_BROKER_URL" not in os.environ
        assert os.environ["OMP_NUM_THREADS"] == "1"

    assert dict(os.environ) == before
