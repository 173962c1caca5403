"""What can be set of a rule: its thresholds, with their defaults and bounds."""

from collections.abc import Iterator
from typing import Any

from service.schemas.base import Input
from service.schemas.rulebook import OptionDescription


class RuleOptions(Input):
    """Thresholds of one rule; each is a field with a default, a lower and an upper bound, and a docstring."""


def described(options: RuleOptions) -> Iterator[OptionDescription]:
    """Every option in the order in which the rule declares them."""
    for name, field in type(options).model_fields.items():
        bounds = {key: value for bound in field.metadata for key, value in _bounds(bound)}
        yield OptionDescription(
            name=name,
            default=field.default,
            low=bounds["ge"],
            high=bounds["le"],
            whole=field.annotation is int,
            meaning=field.description or "",
        )


def _bounds(bound: Any) -> Iterator[tuple[str, float]]:
    for key in ("ge", "le"):
        value = getattr(bound, key, None)
        if value is not None:
            yield key, value
