"""What comes in from the network: where it breaks off or breaks the rules of HTTP, that is the client's fault."""

from typing import IO

from service.errors import BadRequest


class Incoming:
    """The server's stream of a request's body; its errors become refusals."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; raises BadRequest."""
        try:
            return self._stream.read(size)
        except Exception as error:  # every server has errors of its own for what clients do to it
            raise BadRequest("the body breaks off, or its chunks cannot be read") from error
