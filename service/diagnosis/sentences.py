"""Every sentence that the rules can say, read from their source: what the catalogues of other languages translate.

A sentence is a string literal with a space in it that ends in a full stop (or a long one that ends in a field, which
may hold the rest), or what a measurement means, docstrings apart. The fields of an f-string become {0}, {1}, ... in
order, so that adding a rule adds its sentences without a list to keep.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
SPEAKING = ("engine.py", "rules", "mismatches")
"""Modules and packages whose sentences clients read."""

LONG = 4
"""Words from which a literal that ends in a field is a sentence too."""


@cache
def sentences() -> tuple[str, ...]:
    """All of them in order of their source, each once."""
    files = [file for name in SPEAKING for file in _files(FOLDER / name)]
    found = (sentence for file in files for sentence in said_in(file.read_text(encoding="utf-8")))
    return tuple(dict.fromkeys(found))


def said_in(source: str) -> Iterator[str]:
    """Sentences of one module."""
    tree = ast.parse(source)
    inner = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)
    }
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    meanings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "meaning"
    }
    for node in ast.walk(tree):
        nested = isinstance(node, ast.Constant) and id(node) in inner
        if isinstance(node, ast.JoinedStr | ast.Constant) and id(node) not in silent and not nested:
            text = _template(node)
            if (
                id(node) in meanings
                or (text.endswith(".") and " " in text)
                or (text.endswith("}") and len(text.split()) >= LONG)
            ):
                yield text


def _files(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(place.glob("*.py"))


def _template(node: ast.JoinedStr | ast.Constant) -> str:
    """The literal with numbered places for its fields; empty for what is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    parts, places = [], 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        else:
            parts.append(f"{{{places}}}")
            places += 1
    return "".join(parts)
