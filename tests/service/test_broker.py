"""The embedded broker: private, alone in its directory, and gone afterwards."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from service.broker import AlreadyRunning, embedded_broker
from service.queue import CeleryQueue, QueueUnavailable
from service.settings import Settings, embedded_socket

KILLED = """
import os, signal, sys
from service.broker import embedded_broker
from service.settings import Settings
with embedded_broker(Settings(data_dir=sys.argv[1])):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_answers_while_the_block_lasts_and_not_afterwards(tmp_path: Path) -> None:
    with embedded_broker(Settings(data_dir=tmp_path)) as broker:
        CeleryQueue(broker.url).ping()

    with pytest.raises(QueueUnavailable):
        CeleryQueue(broker.url).ping()
    assert not embedded_socket(tmp_path).exists()


def test_nobody_else_can_reach_it(tmp_path: Path) -> None:
    socket = embedded_socket(tmp_path)
    with embedded_broker(Settings(data_dir=tmp_path)):
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
        with redis.Redis(unix_socket_path=str(socket)) as client:
            assert client.config_get("port") == {"port": "0"}


def test_a_second_deployment_in_the_same_directory_is_refused(tmp_path: Path) -> None:
    with (
        embedded_broker(Settings(data_dir=tmp_path)),
        pytest.raises(AlreadyRunning, match=str(tmp_path)),
        embedded_broker(Settings(data_dir=tmp_path)),
    ):
        raise AssertionError("it started")


def test_what_a_killed_deployment_left_running_is_stopped(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    with redis.Redis(unix_socket_path=str(embedded_socket(tmp_path))) as client:
        orphan = client.info("server")["process_id"]

    with embedded_broker(settings) as broker:
        CeleryQueue(broker.url).send("rn_1")
        with redis.Redis(unix_socket_path=str(embedded_socket(tmp_path))) as client:
            assert client.info("server")["process_id"] != orphan


def test_a_broker_that_was_killed_is_begun_again(tmp_path: Path) -> None:
    with embedded_broker(Settings(data_dir=tmp_path)) as broker:
        with redis.Redis(unix_socket_path=str(embedded_socket(tmp_path))) as client:
            os.kill(client.info("server")["process_id"], signal.SIGKILL)
        deadline = time.monotonic() + 30
        while not answers(broker.url):
            assert time.monotonic() < deadline
            broker.look()
            time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        CeleryQueue(url).ping()
    except QueueUnavailable:
        return False
    return True
