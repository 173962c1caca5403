"""What pydantic found wrong with a body, as problems: a pointer into what was written, words and a hint."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from service.errors import Problem
from service.schemas.layers.registry import operation_types

MOST_PROBLEMS = 100
"""More than a person reads at once; looking for near words to all of a hostile body would take minutes."""


def problems_of(error: ValidationError, body: object, *, pointer: str = "") -> tuple[Problem, ...]:
    """Every fault once (the first hundred); `body` is what was validated, and `pointer` its place in what was sent."""
    found = (_problem(details, body, pointer) for details in error.errors(include_url=False)[:MOST_PROBLEMS])
    return tuple(dict.fromkeys(found))


def joined(pointer: str, *parts: str | int) -> str:
    """A JSON pointer, longer by some keys or indices."""
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return "".join((pointer, *(f"/{part}" for part in escaped)))


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The nearest known word as a hint, whatever the case of its letters."""
    spelled = {candidate.lower(): candidate for candidate in known}
    near = get_close_matches(word[:64].lower(), spelled, n=1, cutoff=0.6)
    return f"did you mean {spelled[near[0]]}?" if near else None


def _problem(details: ErrorDetails, body: object, pointer: str) -> Problem:
    place = _place(details["loc"], body, added=details["type"] == "missing")
    message, hint = _words(details)
    return Problem(joined(pointer, *place), message, hint)


def _place(location: tuple[str | int, ...], body: Any, *, added: bool) -> list[str | int]:
    """Parts of a location that are keys and indices of the body; the tags of unions are not."""
    place: list[str | int] = []
    for part in location:
        if _holds(body, part):
            body = body[part]
            place.append(part)
    if added and isinstance(body, dict):
        place.append(location[-1])
    return place


def _holds(body: Any, part: str | int) -> bool:
    if isinstance(body, list | tuple):
        return isinstance(part, int) and part < len(body)
    return isinstance(body, dict) and part in body


def _words(details: ErrorDetails) -> tuple[str, str | None]:
    """What is wrong, and what to write instead where that can be said."""
    context = details.get("ctx", {})
    match details["type"]:
        case "union_tag_invalid":
            return _unknown(context)
        case "union_tag_not_found":
            return "it has no `type`", "name a layer type, e.g. Linear; or use repeat, residual, use or op"
        case "missing":
            return f"`{details['loc'][-1]}` is missing", None
        case "extra_forbidden":
            return f"there is no field `{str(details['loc'][-1])[:64]}` here", None
        case "literal_error":
            return details["msg"], did_you_mean(str(details["input"]), _options(context))
        case _:
            return details["msg"], None


def _unknown(context: dict[str, Any]) -> tuple[str, str | None]:
    tag, key = str(context["tag"])[:64], str(context["discriminator"]).rsplit(" | ", 1)[-1].strip("'")
    if key == "type" and tag in operation_types():
        return f"{tag} is an operation, not a layer type", f"write `op: {tag}`"
    return f"there is no {key} {tag}", did_you_mean(tag, _options(context))


def _options(context: dict[str, Any]) -> list[str]:
    written = str(context.get("expected_tags", context.get("expected", "")))
    return [option.strip(" '") for option in written.replace(" or ", ", ").split(", ")]
