from math import prod
from typing import Any

from hypothesis import strategies as st

from service.schemas.plan import Tensor
from tests.workers.networks.cases.registry import Case, cases, floats, given, shapes


def anything(draw: st.DrawFn, fewest: int, most: int) -> Tensor:
    """Floats or integers."""
    vocab = draw(st.sampled_from([None, None, 7]))
    return Tensor(shape=draw(shapes(fewest, most)), dtype="int" if vocab else "float", vocab=vocab)


def dims(rank: int) -> st.SearchStrategy[int]:
    """Every way to count to a dimension that is not the batch."""
    return st.integers(1, rank) | st.integers(-rank, -1)


@cases("Identity")
def identity(draw: st.DrawFn, _: str) -> Case:
    return {}, (anything(draw, 0, 4),)


@cases("Flatten")
def flatten(draw: st.DrawFn, _: str) -> Case:
    x = anything(draw, 0, 4)
    rank = len(x.shape)
    return given(draw, start_dim=dims(rank), end_dim=dims(rank)) if rank else {}, (x,)


@cases("Unflatten")
def unflatten(draw: st.DrawFn, _: str) -> Case:
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    shape = list(draw(shapes(1, 3)))
    place = draw(st.integers(0, len(shape) - 1))
    shape[place] = prod(sizes) + draw(st.sampled_from([0, 0, 0, 1]))
    dim = draw(st.sampled_from([place + 1, place - len(shape)]))
    return {"dim": dim, "unflattened_size": hidden(draw, sizes)}, (Tensor(shape=tuple(shape)),)


@cases("Reshape")
def reshape(draw: st.DrawFn, _: str) -> Case:
    x = anything(draw, 0, 4)
    left, sizes = prod(x.shape), []
    while left > 1:
        sizes.append(draw(st.sampled_from([n for n in range(2, left + 1) if left % n == 0])))
        left //= sizes[-1]
    return {"shape": hidden(draw, [*sizes, draw(st.sampled_from([1, 1, 1, 2]))])}, (x,)


def hidden(draw: st.DrawFn, sizes: list[int]) -> list[int]:
    """Perhaps with one size, or two, to be worked out."""
    places = draw(st.sets(st.integers(0, len(sizes) - 1), max_size=2))
    return [-1 if place in places else size for place, size in enumerate(sizes)]


@cases("Permute")
def permute(draw: st.DrawFn, _: str) -> Case:
    x = anything(draw, 1, 4)
    order = draw(st.permutations(range(1, len(x.shape) + 1)))
    if draw(st.integers(0, 9)) == 0:
        order = order[1:]
    return {"dims": [0, *order] if draw(st.booleans()) else order}, (x,)


@cases("Select")
def select(draw: st.DrawFn, _: str) -> Case:
    x = anything(draw, 1, 4)
    dim = draw(dims(len(x.shape)))
    size = (0, *x.shape)[dim]
    return {"dim": dim, "index": draw(st.integers(-size - 1, size))}, (x,)


AXES = {
    "nearest": (1, 3),
    "nearest-exact": (1, 3),
    "linear": (1, 1),
    "bilinear": (2, 2),
    "bicubic": (2, 2),
    "trilinear": (3, 3),
}


@cases("Upsample")
def upsample(draw: st.DrawFn, _: str) -> Case:
    mode = draw(st.sampled_from(sorted(AXES)))
    fewest, most = AXES[mode]
    (x,) = floats(draw, fewest + 1, most + 1)
    axes = len(x.shape) - 1
    fields: dict[str, Any] = {"mode": mode}
    number = ("size", st.integers(1, 9)) if draw(st.booleans()) else ("scale_factor", st.floats(0.05, 4))
    fields[number[0]] = draw(number[1] | st.lists(number[1], min_size=axes, max_size=axes))
    if not mode.startswith("nearest"):
        fields |= given(draw, align_corners=st.booleans())
    return fields, (x,)
