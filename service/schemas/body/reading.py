"""A body by its media type, read into a mapping."""

from service.errors import TooLarge, UnsupportedMediaType
from service.schemas.body.json_text import read_json
from service.schemas.body.tree import Body, Place, Tree, malformed, text
from service.schemas.body.yaml_text import read_yaml
from service.schemas.limits import Limits

JSON_TYPES = ("application/json",)
YAML_TYPES = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml")
MEDIA_TYPES = JSON_TYPES + YAML_TYPES


def read_body(body: bytes, media_type: str, limits: Limits) -> Body:
    """The mapping that the body is; raises MalformedBody, TooLarge or UnsupportedMediaType."""
    if len(body) > limits.body_bytes:
        raise TooLarge(f"a body may have at most {limits.body_bytes} bytes (limit `body_bytes`)")
    essence = media_type.split(";", maxsplit=1)[0].strip().lower()
    place: Place | None = None
    if essence in JSON_TYPES:
        tree = read_json(text(body), limits)
    elif essence in YAML_TYPES:
        tree, place = read_yaml(text(body), limits)
    else:
        raise UnsupportedMediaType(
            f"a submission is {', '.join(MEDIA_TYPES)}, not {essence[:80] or 'untyped'}"
        )
    if not isinstance(tree, dict):
        raise malformed(f"the body is {_what(tree)}, not a mapping", hint="begin with `network:`")
    return Body(tree, place)


def _what(tree: Tree) -> str:
    if tree is None:
        return "empty"
    return {list: "a list", str: "a string", bool: "true or false"}.get(type(tree), "a number")
