"""Every layer kind there is, found by walking this package: a new kind is one new file."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache, reduce
from operator import or_
from types import MappingProxyType
from typing import Any, TypeVar, get_args

from pydantic.fields import FieldInfo

from service.schemas.layers.base import LayerSpec

Spec = TypeVar("Spec", bound=LayerSpec)
_registered: dict[str, type[LayerSpec]] = {}


def kind(spec: type[Spec]) -> type[Spec]:
    """Register a layer kind under the literal of its `type`; one that is taken is refused."""
    fields: dict[str, FieldInfo] = spec.model_fields
    for name in get_args(fields["type"].annotation):
        if name in _registered:
            raise ValueError(f"layer type {name} is already {_registered[name].__qualname__}")
        _registered[name] = spec
    return spec


@cache
def kinds() -> Mapping[str, type[LayerSpec]]:
    """Every layer kind by type, operations too, in order of name."""
    package = importlib.import_module("service.schemas.layers")
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(found.name)
    return MappingProxyType(dict(sorted(_registered.items())))


def layer_types() -> tuple[str, ...]:
    """What can be written as `type`."""
    return tuple(name for name, spec in kinds().items() if spec.family != "operation")


def operation_types() -> tuple[str, ...]:
    """What can be written as `op`."""
    return tuple(name for name, spec in kinds().items() if spec.family == "operation")


def union_of(types: tuple[str, ...]) -> Any:
    """The type `A | B | ...` of these kinds, for pydantic to tell apart by `type`."""
    return reduce(or_, dict.fromkeys(kinds()[name] for name in types))
