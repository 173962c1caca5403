"""Processes of one deployment, kept alive together and stopped together."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

log = logging.getLogger(__name__)

SHORTEST_LIFE = 1.0
"""Seconds; what dies sooner is begun again with growing pauses."""
LONGEST_PAUSE = 30.0
GRACE = 12.0
"""Seconds between asking a process to end and killing it."""
_SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of Linux's prctl."""


class Kept:
    """One process that is begun again whenever it ends."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self._pause = 0.0
        self._begin_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0.0

    def look(self, now: float) -> None:
        """Begin the process where it does not run and its pause is over."""
        if self._process is not None and (code := self._process.poll()) is not None:
            self._note_end(code, now)
        if self._process is None and now >= self._begin_at:
            # A group of its own, so that Ctrl-C reaches only the one who keeps it.
            self._process = subprocess.Popen(
                self._command,
                env=dict(self._environment),
                start_new_session=True,
                preexec_fn=end_with_parent(),  # noqa: PLW1509 - this process has one thread
            )
            self._began = now

    def _note_end(self, code: int, now: float) -> None:
        early = now - self._began < SHORTEST_LIFE
        self._pause = min(LONGEST_PAUSE, max(0.5, self._pause * 2)) if early else 0.0
        self._begin_at = now + self._pause
        self._process = None
        log.warning("%s ended with %d; beginning it again in %.1f s", self.name, code, self._pause)

    def ask_to_end(self) -> None:
        """Send SIGTERM."""
        if self._process is not None:
            self._process.terminate()

    def end(self, deadline: float) -> None:
        """Wait for the end until `deadline` (of time.monotonic), then kill."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("%s does not end; killing it", self.name)
            self._process.kill()
            self._process.wait()


def keep(
    commands: Mapping[str, Sequence[str]],
    environment: Mapping[str, str],
    look: Callable[[], None] = lambda: None,
) -> None:
    """Run all commands until a signal to stop, beginning again what ends, then stop them in reverse order.

    `look` is called ten times a second, for what else is to be kept.
    """
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    # SIGHUP comes when the terminal is closed.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    kept = [Kept(name, command, environment) for name, command in commands.items()]
    try:
        while not stopping.wait(0.1):
            look()
            for process in kept:
                process.look(time.monotonic())
    finally:
        for process in reversed(kept):
            process.ask_to_end()
        deadline = time.monotonic() + GRACE
        for process in kept:
            process.end(deadline)


def end_with_parent() -> Callable[[], None] | None:
    """What a new process does first so that it gets SIGTERM when this one dies, even of SIGKILL.

    None where the system has no such thing (only Linux does). The wish survives exec.
    """
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def ask() -> None:
        prctl(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGTERM))
        if os.getppid() != parent:
            os._exit(1)

    return ask


def python(*arguments: str) -> list[str]:
    """A command of this very interpreter."""
    return [sys.executable, *arguments]
