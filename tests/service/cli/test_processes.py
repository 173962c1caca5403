import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.cli.processes import SHORTEST_LIFE, Kept, python

SLEEPER = """
import os, pathlib, sys, time
with pathlib.Path(sys.argv[1]).open("a") as book:
    book.write(f"began {os.getpid()}\\n")
time.sleep(60)
"""
KEEPER = f"""
import sys
from service.cli.processes import keep, python
keep({{"sleeper": python("-c", {SLEEPER!r}, sys.argv[1])}}, {{}})
"""


def pids(path: Path) -> list[int]:
    return [int(line.split()[1]) for line in path.read_text().splitlines()] if path.exists() else []


def wait_for(condition, seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_killed_process_is_begun_again_and_a_signal_stops_all(tmp_path: Path) -> None:
    book = tmp_path / "book"
    with subprocess.Popen([sys.executable, "-c", KEEPER, str(book)], stderr=subprocess.DEVNULL) as keeper:
        wait_for(lambda: len(pids(book)) == 1)
        os.kill(pids(book)[0], signal.SIGKILL)
        wait_for(lambda: len(pids(book)) == 2)
        keeper.send_signal(signal.SIGTERM)
        assert keeper.wait(15) == 0
    assert not any(alive(pid) for pid in pids(book))


def test_what_dies_at_once_is_begun_again_only_after_a_pause(caplog: pytest.LogCaptureFixture) -> None:
    kept = Kept("broken", python("-c", "raise SystemExit(3)"), {})
    now = 100.0
    kept.look(now)
    wait_for(lambda: kept._process is not None and kept._process.poll() is not None)
    kept.look(now + SHORTEST_LIFE / 2)
    assert kept._process is None
    kept.look(now + SHORTEST_LIFE / 2 + 0.1)
    assert kept._process is None
    kept.look(now + SHORTEST_LIFE / 2 + 1.0)
    assert kept._process is not None
    kept.end(0.0)
    assert "ended with 3" in caplog.text


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_nothing_is_left_when_the_keeper_is_killed(tmp_path: Path) -> None:
    book = tmp_path / "book"
    with subprocess.Popen([sys.executable, "-c", KEEPER, str(book)], stderr=subprocess.DEVNULL) as keeper:
        wait_for(lambda: len(pids(book)) == 1)
        keeper.kill()
    wait_for(lambda: not alive(pids(book)[0]))


def test_closing_the_terminal_stops_all(tmp_path: Path) -> None:
    book = tmp_path / "book"
    with subprocess.Popen([sys.executable, "-c", KEEPER, str(book)], stderr=subprocess.DEVNULL) as keeper:
        wait_for(lambda: len(pids(book)) == 1)
        keeper.send_signal(signal.SIGHUP)
        assert keeper.wait(15) == 0
    assert not alive(pids(book)[0])
