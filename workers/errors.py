"""Why a run could not be done: each reason with a stable code, whose fault it is and whether to try again."""

import errno
from typing import ClassVar

from service.errors import Whose
from service.schemas.run import Failure

_OUT_OF_MEMORY = (
    "can't allocate memory",
    "cannot allocate memory",
    "not enough memory",
    "out of memory",
    "storage size calculation overflowed",
    "alloc_failed",
    "bad_alloc",
)


class RunError(Exception):
    """A run that ended without a result; a network that diverges is a result and never one of these."""

    code: ClassVar[str] = "crashed"
    whose: ClassVar[Whose] = "service"
    retry: ClassVar[bool] = False

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __reduce__(self) -> tuple[object, ...]:
        """Travel through a pipe with every attribute, whatever a subclass's constructor takes."""
        return (_revive, (type(self), self.args, dict(self.__dict__)))

    def failure(self) -> Failure:
        """The form that is stored and served."""
        return Failure(whose=self.whose, code=self.code, detail=self.detail)


def _revive(kind: type[RunError], args: tuple[object, ...], state: dict[str, object]) -> RunError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class CannotBuild(RunError):
    """torch refuses to build the network; `layer` is its name and `pointer` its place in the submission."""

    code, whose = "cannot-build", "client"

    def __init__(self, reason: str, *, layer: str | None = None, pointer: str = "") -> None:
        super().__init__(f"Layer {layer} cannot be built: {reason}" if layer else reason)
        self.reason = reason
        self.layer = layer
        self.pointer = pointer


class OutOfMemory(RunError):
    """The run asked for more memory than there is; another worker, or a later time, may have it."""

    code, whose, retry = "out-of-memory", "client", True


class NoDevice(RunError):
    """The device that the settings name is not in this machine."""

    code = "no-device"


class DataMissing(RunError):
    """The examples that the submission names cannot be had on this worker."""

    code = "data-missing"


class UnfitData(RunError):
    """The examples and the network, or the loss, do not fit together."""

    code, whose = "unfit-data", "client"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch, CUDA or Python ran out of memory, by type or by the words that torch uses.

    Looks at names, so that a supervisor without torch can ask too.
    """
    if isinstance(error, MemoryError | OutOfMemory):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    if any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__):
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in words for sign in _OUT_OF_MEMORY)
