"""Which class builds a layer type: torch.nn's own, or one that a module in `kinds` registers."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import TypeVar

from torch import nn

Kind = TypeVar("Kind", bound=type[nn.Module])
_kinds: dict[str, type[nn.Module]] = {}


def kind(*types: str) -> Callable[[Kind], Kind]:
    """Register a class as what builds these layer types; a type that has one already is refused."""

    def register(built_by: Kind) -> Kind:
        for layer_type in types:
            if layer_type in _kinds:
                raise ValueError(f"{layer_type} is already built by {_kinds[layer_type].__qualname__}")
            _kinds[layer_type] = built_by
        return built_by

    return register


@cache
def kinds() -> Mapping[str, type[nn.Module]]:
    """Every registered type with its class; imports all modules of `workers.networks.kinds` once."""
    package = importlib.import_module("workers.networks.kinds")
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(found.name)
    return MappingProxyType(_kinds)


def class_of(layer_type: str) -> type[nn.Module]:
    """The class that builds a layer type; KeyError where neither we nor torch.nn have one."""
    special = kinds().get(layer_type)
    if special is not None:
        return special
    named = getattr(nn, layer_type, None)
    if not (isinstance(named, type) and issubclass(named, nn.Module)):
        raise KeyError(layer_type)
    return named
