"""Why a file cannot be trained: one error with everything that is wrong, always the client's to mend."""

from collections.abc import Sequence

from service.errors import Problem
from workers.errors import RunError

_SHOWN = 200


class RefusedNetwork(RunError):
    """The file cannot be read, built or trained; `problems` lists every reason that was found."""

    code, whose = "network-refused", "client"

    def __init__(self, detail: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(detail)
        self.problems = tuple(problems)


def shown(text: object, length: int = _SHOWN) -> str:
    """A string from the file as it may stand in a message: printable, one line, not long."""
    line = "".join(sign if sign.isprintable() else "?" for sign in str(text)[: length + 1])
    return line if len(line) <= length else f"{line[:length]}…"
