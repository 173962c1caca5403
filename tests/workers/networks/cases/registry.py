"""Layers to try for each type: what a client writes, and what flows in. A new kind needs a new one."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from hypothesis import strategies as st

from service.schemas.plan import Tensor

Case = tuple[dict[str, Any], tuple[Tensor, ...]]
Drawing = Callable[[st.DrawFn, str], Case]
_drawings: dict[str, Drawing] = {}


def cases(*types: str) -> Callable[[Drawing], Drawing]:
    """Register how a case of these types is drawn."""

    def register(drawing: Drawing) -> Drawing:
        for layer_type in types:
            assert layer_type not in _drawings, layer_type
            _drawings[layer_type] = drawing
        return drawing

    return register


@cache
def drawings() -> Mapping[str, Drawing]:
    package = importlib.import_module("tests.workers.networks.cases")
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(found.name)
    return _drawings


@st.composite
def case_of(draw: st.DrawFn, layer_type: str) -> Case:
    fields, inputs = drawings()[layer_type](draw, layer_type)
    return {"type": layer_type, **fields}, inputs


sizes = st.integers(1, 6)


def shapes(fewest: int, most: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(sizes, min_size=fewest, max_size=most).map(tuple)


def floats(draw: st.DrawFn, fewest: int, most: int) -> tuple[Tensor, ...]:
    """One input of floats."""
    return (Tensor(shape=draw(shapes(fewest, most))),)


def given(draw: st.DrawFn, **fields: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Some of the fields, the others left to their defaults."""
    return {name: draw(strategy) for name, strategy in fields.items() if draw(st.booleans())}
