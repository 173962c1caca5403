"""Opaque cursors: where a page ended, as a client may hand it back."""

import base64
import binascii
import json

from service.errors import MalformedParameter

LARGEST = 2**31 - 1


def encode(kind: str, *place: int) -> str:
    """Write a place in a list of that kind as text that is safe in an address."""
    text = json.dumps([kind, *place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, kind: str, length: int) -> tuple[int, ...]:
    """Read a place back; raises MalformedParameter for anything that `encode` did not write for that kind."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        value = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (UnicodeError, binascii.Error, ValueError, RecursionError):
        value = None
    if (
        not isinstance(value, list)
        or len(value) != length + 1
        or value[0] != kind
        or not all(type(number) is int and -1 <= number <= LARGEST for number in value[1:])
    ):
        raise MalformedParameter("The cursor is not one that this list gave out.")
    return tuple(value[1:])
