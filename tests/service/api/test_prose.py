"""Schemas in words."""

import pytest

from service.api import prose
from service.api.components import NOT_FINITE


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer"}, "integer"),
        ({"type": "string", "format": "date-time"}, "date-time"),
        ({}, "anything"),
        ({"const": "SGD"}, "<code>&#34;SGD&#34;</code>"),
        ({"$ref": "#/components/schemas/Run"}, '<a href="#schema-Run">Run</a>'),
        ({"type": "array", "items": {"type": "integer"}}, "list of integer"),
        ({"type": "array", "prefixItems": [{"type": "number"}, {"type": "number"}]}, "[number, number]"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "object of number"),
        ({"type": "object"}, "object"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer | null"),
        ({"anyOf": [{"type": "number"}, {"enum": NOT_FINITE}]}, "number"),
    ],
)
def test_a_schema_in_a_few_words(schema: dict[str, object], words: str) -> None:
    assert prose.kind(schema) == words


def test_a_long_choice_is_folded() -> None:
    text = prose.kind({"enum": list(range(40))})
    assert text.startswith("<details><summary>one of 40</summary>")


def test_bounds_and_default_are_said() -> None:
    assert prose.bounds({"minimum": 1, "maximum": 5, "default": 3}) == "≥ 1, ≤ 5, default 3"
    assert prose.bounds({"default": None}) == ""


def test_descriptions_are_escaped() -> None:
    assert prose.words("a <b> `c < d`\n\nnext") == "<p>a &lt;b&gt; <code>c &lt; d</code></p><p>next</p>"
