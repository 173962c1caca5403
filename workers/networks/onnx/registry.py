"""Which function builds an operator at an opset; a module in `operators` registers each family."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

from service.schemas.plan import Family
from workers.networks.onnx.call import Call
from workers.networks.onnx.limits import OLDEST_OPSET

Operation: TypeAlias = Callable[..., Any]
"""Takes the inputs in the operator's order, None where one is left out; gives a tensor or a tuple of them."""
Build: TypeAlias = Callable[[Call], Operation]
NEWEST = 10_000


@dataclass(frozen=True)
class Operator:
    """One behaviour of an operator, over a range of opsets."""

    name: str
    build: Build
    family: Family
    since: int
    until: int
    type: str
    """What the layer is called: torch's class where there is one; `{}` becomes the number of spatial sizes."""
    weighted: str | None
    """Its type, of family `weighted_family`, where one of its inputs is a parameter."""
    weighted_family: Family
    weights: Mapping[int, str] = field(default_factory=dict)
    """Inputs that are parameters wherever they are stored, with the name that they get."""
    constants: frozenset[int] = frozenset()
    """Inputs that are never parameters."""
    host: frozenset[int] = frozenset()
    """Inputs that are read as numbers and stay off the accelerator."""
    outputs: int = 1
    """Outputs that it can give; a node that uses more is refused."""
    pure: bool = True
    """Whether it always gives the same for the same inputs, so that constants fold through it."""


_operators: dict[str, list[Operator]] = {}


def operator(
    *names: str,
    family: Family = "operation",
    since: int = OLDEST_OPSET,
    until: int = NEWEST,
    type: str | None = None,  # noqa: A002 - the word that layers use for it
    weighted: tuple[str, Family] | None = None,
    weights: Mapping[int, str] | None = None,
    constants: tuple[int, ...] = (),
    host: tuple[int, ...] = (),
    outputs: int = 1,
    pure: bool = True,
) -> Callable[[Build], Build]:
    """Register what builds these operators from one opset to another; an overlap is refused."""

    def register(build: Build) -> Build:
        for name in names:
            for other in _operators.get(name, ()):
                if since <= other.until and other.since <= until:
                    raise ValueError(f"{name} at opset {max(since, other.since)} is already built")
            _operators.setdefault(name, []).append(
                Operator(
                    name=name,
                    build=build,
                    family=family,
                    since=since,
                    until=until,
                    type=type or name.lower(),
                    weighted=weighted[0] if weighted else None,
                    weighted_family=weighted[1] if weighted else family,
                    weights=weights or {},
                    constants=frozenset(constants) | frozenset(host),
                    host=frozenset(host),
                    outputs=outputs,
                    pure=pure,
                )
            )
        return build

    return register


@cache
def operators() -> Mapping[str, tuple[Operator, ...]]:
    """Every operator with its behaviours by opset; imports all modules of `operators` once."""
    package = importlib.import_module("workers.networks.onnx.operators")
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(found.name)
    return {
        name: tuple(sorted(found, key=lambda entry: entry.since))
        for name, found in sorted(_operators.items())
    }


def find(name: str, domain: str, opset: int) -> Operator | None:
    """The behaviour of an operator at an opset, or None where it is not supported."""
    if domain:
        return None
    for entry in operators().get(name, ()):
        if entry.since <= opset <= entry.until:
            return entry
    return None


def tensors(value: Any) -> tuple[Any, ...]:
    """What an operation gave, always as a tuple; a list is one value, the only one that is no tensor."""
    return value if isinstance(value, tuple) else (value,)
