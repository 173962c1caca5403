"""Why a file cannot be trained: one error with everything that is wrong, always the client's to mend."""

from collections.abc import Sequence

from service.schemas.run import Failure, Obstacle
from workers.errors import RunError

_SHOWN = 200
REFUSALS = (
    RuntimeError,
    ValueError,
    TypeError,
    AssertionError,
    AttributeError,
    LookupError,
    ArithmeticError,
    MemoryError,
    NotImplementedError,
)
"""What torch raises on arguments that it does not take."""


class RefusedNetwork(RunError):
    """The file cannot be read, built or trained; `problems` lists every reason that was found."""

    code, whose = "cannot-import", "client"

    def __init__(self, detail: str, problems: Sequence[Obstacle] = ()) -> None:
        super().__init__(detail)
        self.problems = tuple(problems)

    def failure(self) -> Failure:
        """The form that is stored and served, with every obstacle."""
        return super().failure().model_copy(update={"problems": self.problems})


def shown(text: object, length: int = _SHOWN) -> str:
    """A string from the file as it may stand in a message: printable, one line, not long."""
    line = "".join(sign if sign.isprintable() else "?" for sign in str(text)[: length + 1])
    return line if len(line) <= length else f"{line[:length]}…"
