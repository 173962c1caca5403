"""Child processes as their supervisor sees them: started in milliseconds, heard through a pipe, killed at will."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from signal import Signals
from threading import Lock
from typing import Self

from pydantic import ValidationError

from workers.environment import scrubbed
from workers.memory import held_bytes
from workers.messages import LONGEST_MESSAGE, Assignment, Message, read_message

Work = Callable[[bytes, Connection], None]
"""What a child does: an assignment in JSON, and where its messages go."""

_START_SECONDS = 120.0
"""The first import of torch from a cold disk takes its time."""


class ChildLost(Exception):
    """The child ended without its last message; `reason` is a sentence about how."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Child:
    """One run's process; leaving the block ends it, whatever it does."""

    def __init__(self, process: ForkServerProcess, pipe: Connection, lock: Lock) -> None:
        self._process = process
        self._pipe = pipe
        self._lock = lock
        self.pid = process.pid or 0
        self._bare_bytes = held_bytes(self.pid) or 0

    def receive(self, seconds: float) -> Message | None:
        """The next message, or None when none came in time; raises ChildLost where none will come."""
        try:
            if not self._pipe.poll(seconds):
                return None
            return read_message(self._pipe.recv_bytes(LONGEST_MESSAGE))
        except (EOFError, ConnectionError):
            raise ChildLost(self._epitaph()) from None
        except OSError:
            raise ChildLost("it sent a message that is too long") from None
        except ValidationError as error:
            raise ChildLost(f"it sent a message that cannot be read: {error.errors()[0]['msg']}") from None

    def grown_bytes(self) -> int:
        """Memory that it took since its start, as far as the system says."""
        held = held_bytes(self.pid)
        return 0 if held is None else held - self._bare_bytes

    def __enter__(self) -> Self:
        """Nothing is left to do: it runs."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kill it, wait until it is gone, and close the pipe."""
        self._process.kill()
        self._join(10.0)
        self._pipe.close()

    def _epitaph(self) -> str:
        code = self._join(5.0)
        if code is None:
            return "it closed its pipe and lives on"
        if code < 0:
            return f"it was killed by {_name(-code)}"
        return f"it ended with exit code {code} and no last word"

    def _join(self, seconds: float) -> int | None:
        # Two threads that ask for the same child's end at once would take the answer from each other.
        with self._lock:
            self._process.join(seconds)
            return self._process.exitcode


class Nursery:
    """Starts children from one process that has imported torch already, and computed nothing."""

    def __init__(self, work: Work | None = None) -> None:
        """`work` is what the children do, by default a run; to be found by name in the child."""
        self._context = multiprocessing.get_context("forkserver")
        self._work = work or _run
        self._lock = Lock()

    def open(self) -> int:
        """Start the process that children are forked from, and count the GPUs; before any thread is started.

        It never sees this process's environment: what is a secret here cannot leak there.
        """
        self._context.set_forkserver_preload(["workers.child"])
        with scrubbed(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1"):
            child, pipe = self._start(_survey)
        try:
            if not pipe.poll(_START_SECONDS):
                raise RuntimeError("The first child process did not answer.")
            return int(pipe.recv_bytes(16))
        except EOFError as error:
            raise RuntimeError("The first child process died: does `import workers.child` work?") from error
        finally:
            child.kill()
            child.join()
            pipe.close()

    def start(self, assignment: Assignment) -> Child:
        """A child that begins its assignment within some milliseconds."""
        process, pipe = self._start(self._work, assignment.model_dump_json().encode())
        return Child(process, pipe, self._lock)

    def _start(self, work: Callable[..., None], *arguments: bytes) -> tuple[ForkServerProcess, Connection]:
        ours, theirs = self._context.Pipe(duplex=False)
        process = self._context.Process(target=work, args=(*arguments, theirs), daemon=True)
        with self._lock:
            process.start()
        # Only the child holds the other end from here on, so that its death is seen as the end of the pipe.
        theirs.close()
        return process, ours


def _name(number: int) -> str:
    try:
        return Signals(number).name
    except ValueError:
        # Real-time signals have no names.
        return f"signal {number}"


def _run(assignment: bytes, pipe: Connection) -> None:
    # Imported in the child: a supervisor needs no torch.
    from workers.child import run

    run(assignment, pipe)


def _survey(pipe: Connection) -> None:
    from workers.child import survey

    survey(pipe)
