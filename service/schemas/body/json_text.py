"""JSON, read strictly: no duplicate keys, no NaN, nothing too deep, too large or too long."""

import json
import re
from collections import Counter
from typing import Final, NoReturn

from service.schemas.body.tree import Tree, check_size, checked_real, checked_text, checked_whole, malformed
from service.schemas.limits import Limits

_STRUCTURE: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{},]', re.DOTALL)
"""Strings are matched as a whole so that brackets inside them do not count; a lone quote is one without end."""


def read_json(source: str, limits: Limits) -> Tree:
    """The tree; raises MalformedBody with the line where that is known."""
    _check_structure(source, limits)
    try:
        tree: Tree = json.loads(
            source,
            object_pairs_hook=_mapping,
            parse_constant=_no_constant,
            parse_int=checked_whole,
            parse_float=checked_real,
        )
    except json.JSONDecodeError as error:
        raise malformed(f"{error.msg} (column {error.colno})", line=error.lineno) from error
    _check_strings(tree)
    return tree


def _check_structure(source: str, limits: Limits) -> None:
    """Depth and size from the raw text, so that the recursive parser never sees a body that could exhaust it."""
    nodes, depth = 1, 0
    for match in _STRUCTURE.finditer(source):
        mark = match.group()
        if mark == '"':
            return  # looking for its end from every later quote again would take quadratic time
        if mark in "[{":
            depth, nodes = depth + 1, nodes + 1
            check_size(nodes, depth, limits)
        elif mark in "]}":
            depth -= 1
        elif mark == ",":
            nodes += 1
            check_size(nodes, depth, limits)


def _mapping(pairs: list[tuple[str, Tree]]) -> dict[str, Tree]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise malformed(f"the key `{twice[:80]}` occurs twice in one object")
    return mapping


def _no_constant(name: str) -> NoReturn:
    raise malformed(f"{name} is not JSON", hint="write a finite number")


def _check_strings(tree: Tree) -> None:
    waiting = [tree]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            checked_text(value)
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(value.values())
            waiting.extend(value.keys())
