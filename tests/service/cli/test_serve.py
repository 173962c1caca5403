import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.cli.serve import why_not


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_free_port_can_be_listened_on() -> None:
    assert why_not("127.0.0.1", 0) is None


def test_a_port_that_is_taken_and_an_address_that_is_not_ours_are_told(taken: int) -> None:
    assert f"127.0.0.1:{taken}: Address already in use" in (why_not("127.0.0.1", taken) or "")
    assert "cannot listen on 192.0.2.1:80" in (why_not("192.0.2.1", 80) or "")
    assert "cannot listen on no.such.host.invalid:80" in (why_not("no.such.host.invalid", 80) or "")


def test_serve_says_at_once_that_its_port_is_taken(taken: int, tmp_path: Path) -> None:
    environment = os.environ | {"GRADCLINIC_DATA_DIR": str(tmp_path / "data"), "GRADCLINIC_PORT": str(taken)}
    command = [sys.executable, "-m", "service.cli", "serve"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Address already in use. Choose another with GRADCLINIC_PORT" in ended.stderr
    assert not (tmp_path / "data").exists()
