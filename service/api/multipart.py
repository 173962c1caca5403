"""The parts of a multipart body, one after another, each read as a stream: never more than a chunk in memory."""

import re
from collections.abc import Iterator
from typing import IO, Final

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from service.errors import MalformedBody, TooLarge

CHUNK: Final = 64 * 1024
BUFFER: Final = 4 * CHUNK
"""What the decoder may hold: a chunk, and the headers of a part."""
MOST_PARTS: Final = 8
BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
"""As RFC 2046 has it."""


class Part:
    """One part: its name, its media type where it says one, and its bytes, to be read once."""

    def __init__(self, head: Field | File, events: Iterator[Event]) -> None:
        self.name = head.name
        self.media_type = head.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        self._events = events
        self._more = True
        self._left = b""

    def read(self, size: int) -> bytes:
        """At most so many bytes; none where the part has ended."""
        while not self._left and self._more:
            event = next(self._events)
            if isinstance(event, Data):
                self._left, self._more = event.data, event.more_data
        given, self._left = self._left[:size], self._left[size:]
        return given


def parts(stream: IO[bytes], boundary: str, limit: int) -> Iterator[Part]:
    """The parts of a body of at most `limit` bytes; what is left of one is skipped when the next is asked for.

    Raises MalformedBody and TooLarge.
    """
    if not BOUNDARY.fullmatch(boundary):
        raise MalformedBody("the header Content-Type names no boundary between the parts")
    decoder = MultipartDecoder(boundary.encode(), max_form_memory_size=BUFFER, max_parts=MOST_PARTS)
    events = _events(decoder, stream, limit)
    for event in events:
        if isinstance(event, Field | File):
            yield Part(event, events)


def _events(decoder: MultipartDecoder, stream: IO[bytes], limit: int) -> Iterator[Event]:
    size = 0
    while True:
        try:
            event = decoder.next_event()
            if isinstance(event, NeedData):
                chunk = stream.read(CHUNK)
                decoder.receive_data(chunk or None)
        except RequestEntityTooLarge as error:
            raise MalformedBody(
                f"the body has more than {MOST_PARTS} parts, or headers of more than {BUFFER - CHUNK} bytes"
            ) from error
        except ValueError as error:
            raise MalformedBody(
                "the body is no multipart form, or it ends in the middle of one: a part, its name or the last "
                "boundary is missing"
            ) from error
        if isinstance(event, NeedData):
            size += len(chunk)
            if size > limit:
                raise TooLarge(
                    f"a submission with its files may have at most {limit} bytes (limit `multipart_bytes`); "
                    "upload them with PUT to /v1/networks and /v1/datasets"
                )
            continue
        yield event
        if isinstance(event, Epilogue):
            return
