"""The plain tree that a body becomes, and the lines on which its values stand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from service.errors import MalformedBody, Problem
from service.schemas.limits import Limits

Tree = None | bool | int | float | str | list["Tree"] | dict[str, "Tree"]

LARGEST: Final = 2**63 - 1
"""Whole numbers beyond it fit no column and no tensor."""


@dataclass
class Place:
    """The line of a value (from 1) and the places of what is inside it."""

    line: int
    inside: dict[str, "Place"] = field(default_factory=dict)


@dataclass(frozen=True)
class Body:
    """A body that could be read; `place` is None where no lines are known."""

    tree: Mapping[str, Tree]
    place: Place | None = None

    def line(self, pointer: str) -> int | None:
        """The line of the value at a JSON pointer, or of the innermost value around it that exists."""
        place = self.place
        if place is None:
            return None
        for token in pointer.split("/")[1:]:
            inner = place.inside.get(unescape(token))
            if inner is None:
                break
            place = inner
        return place.line


def escape(token: str) -> str:
    """One element of a JSON pointer (RFC 6901)."""
    return token.replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """The key or index that an element of a JSON pointer stands for."""
    return token.replace("~1", "/").replace("~0", "~")


def text(body: bytes) -> str:
    """The body as text; a byte order mark is skipped."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise malformed(f"byte {error.start} is not UTF-8", line=line) from error


def checked_text(value: str, line: int | None = None) -> str:
    """A string that every database and every answer can hold: no NUL, no half of a surrogate pair."""
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise malformed("a string holds a character that is not text (NUL or half of a pair)", line=line)
    return value


def checked_whole(digits: str, base: int = 10, line: int | None = None) -> int:
    """A whole number that fits 64 bits; its length is looked at first, for that costs nothing."""
    value = int(digits, base) if len(digits) <= 80 else LARGEST + 1
    if abs(value) > LARGEST:
        raise malformed(f"the whole number {digits[:24]}… is beyond 64 bits", line=line)
    return value


def checked_real(digits: str, line: int | None = None) -> float:
    """A finite number: 1e999 is none."""
    value = float(digits)
    if value in {float("inf"), float("-inf")}:
        raise malformed(f"the number {digits[:24]} is beyond what a float can hold", line=line)
    return value


def check_size(nodes: int, depth: int, limits: Limits, line: int | None = None) -> None:
    """Refuse what is nested too deep or holds too many values; called before the values are kept."""
    if depth > limits.body_depth:
        raise malformed(f"nested deeper than {limits.body_depth} levels (limit `body_depth`)", line=line)
    if nodes > limits.body_nodes:
        raise malformed(f"more than {limits.body_nodes} values (limit `body_nodes`)", line=line)


def malformed(message: str, *, line: int | None = None, hint: str | None = None) -> MalformedBody:
    """The error to raise, its place in the sentence and in the problem."""
    where = f"line {line}: " if line is not None else ""
    return MalformedBody(where + message, problems=[Problem("", message, hint, line)])
