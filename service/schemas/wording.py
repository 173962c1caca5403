"""What pydantic found, in plain words: what should stand there and what does."""

import json
from typing import Any, Final

from pydantic_core import ErrorDetails

SHOWN: Final = 60
"""Characters of a wrong value that are repeated in a message."""

_PLAIN: Final = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of at most 64 bits",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "a string",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "mapping_type": "a mapping",
    "none_required": "null",
}
_BOUNDED: Final = {
    "greater_than": ("a number above {}", "gt"),
    "greater_than_equal": ("a number of at least {}", "ge"),
    "less_than": ("a number below {}", "lt"),
    "less_than_equal": ("a number of at most {}", "le"),
    "string_too_short": ("a string of at least {} characters", "min_length"),
    "string_too_long": ("a string of at most {} characters", "max_length"),
    "string_pattern_mismatch": ("a string of the form {}", "pattern"),
    "too_short": ("at least {} values", "min_length"),
    "too_long": ("at most {} values", "max_length"),
}


def expectation(details: ErrorDetails) -> str | None:
    """What should stand there, where that can be said in a few words."""
    kind, context = details["type"], details.get("ctx", {})
    if kind == "literal_error":
        return str(context["expected"]) if len(options(context)) <= 8 else "a known name"
    if kind in _BOUNDED:
        words, name = _BOUNDED[kind]
        return words.format(_number(context[name]))
    return _PLAIN.get(kind)


def options(context: dict[str, Any]) -> list[str]:
    """The words that pydantic would have taken."""
    written = str(context.get("expected_tags", context.get("expected", "")))
    return [option.strip(" '") for option in written.replace(" or ", ", ").split(", ") if option]


def shown(value: object) -> str:
    """A wrong value, short enough for a sentence."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    written = json.dumps(value, ensure_ascii=False, default=str)
    return written if len(written) <= SHOWN else f"{written[:SHOWN]}…"


def _number(bound: object) -> object:
    return int(bound) if isinstance(bound, float) and bound.is_integer() else bound
