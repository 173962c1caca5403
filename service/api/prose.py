"""Schemas and descriptions as HTML for the manual."""

import json
import re
from typing import Any

from markupsafe import Markup, escape

from service.api.components import NOT_FINITE

Json = dict[str, Any]
CODE = re.compile(r"`([^`]+)`")
FEW = 12
"""Options of a choice that are shown without being asked for."""
BOUNDS = {
    "minimum": "≥ {}",
    "maximum": "≤ {}",
    "exclusiveMinimum": "> {}",
    "exclusiveMaximum": "< {}",
    "maxLength": "at most {} characters",
    "maxItems": "at most {}",
}


def words(text: str) -> Markup:
    """A description: paragraphs, with code in backticks."""
    paragraphs = (" ".join(part.split()) for part in text.split("\n\n"))
    return Markup("").join(Markup("<p>{}</p>").format(line(part)) for part in paragraphs if part)


def line(text: str) -> Markup:
    """One line of description, with code in backticks."""
    parts = CODE.split(text)
    marked = (
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(parts)
    )
    return Markup("").join(marked)


def kind(schema: Json) -> Markup:
    """What may stand there, in a few words with links."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#schema-{0}">{0}</a>').format(name)
    if "const" in schema:
        return _value(schema["const"])
    if "enum" in schema:
        return _choice([_value(value) for value in schema["enum"]])
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return _choice([kind(option) for option in options if option != {"enum": NOT_FINITE}])
    return _plain(schema)


def bounds(schema: Json) -> Markup:
    """Default and limits, where there are any."""
    said = [text.format(schema[key]) for key, text in BOUNDS.items() if key in schema]
    if schema.get("default") not in (None, "", []):
        said.append(f"default {json.dumps(schema['default'])}")
    return escape(", ".join(said))


def _plain(schema: Json) -> Markup:
    if "prefixItems" in schema:
        return Markup("[{}]").format(Markup(", ").join(kind(item) for item in schema["prefixItems"]))
    if schema.get("type") == "array":
        return Markup("list of {}").format(kind(schema.get("items", {})))
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return Markup("object of {}").format(kind(values)) if isinstance(values, dict) else escape("object")
    return escape(schema.get("format") or schema.get("type", "anything"))


def _choice(options: list[Markup]) -> Markup:
    several = Markup(" | ").join(dict.fromkeys(options))
    if len(options) <= FEW:
        return several
    return Markup("<details><summary>one of {}</summary>{}</details>").format(len(options), several)


def _value(value: object) -> Markup:
    return Markup("<code>{}</code>").format(json.dumps(value))
