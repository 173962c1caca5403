from hypothesis import strategies as st

from service.schemas.plan import Tensor
from tests.workers.networks.cases.registry import Case, cases, floats, given, shapes, sizes


def alike(draw: st.DrawFn, shape: tuple[int, ...], most: int = 4) -> tuple[Tensor, ...]:
    """Inputs of one shape, in some of which an axis is 1 or another size."""
    return tuple(
        Tensor(shape=tuple(draw(st.sampled_from([size] * 6 + [1, size + 1])) for size in shape))
        for _ in range(draw(st.integers(2, most)))
    )


@cases("add", "mul")
def elementwise(draw: st.DrawFn, _: str) -> Case:
    return {}, alike(draw, draw(shapes(0, 3)))


@cases("concat")
def concat(draw: st.DrawFn, _: str) -> Case:
    inputs = alike(draw, draw(shapes(1, 3)))
    rank = len(inputs[0].shape)
    return given(draw, dim=st.integers(1, rank) | st.integers(-rank, -1)), inputs


@cases("matmul")
def matmul(draw: st.DrawFn, _: str) -> Case:
    leading, rows, inner, columns = draw(shapes(0, 2)), draw(sizes), draw(sizes), draw(sizes)
    other = draw(st.sampled_from([inner] * 4 + [inner + 1]))
    return {}, (Tensor(shape=(*leading, rows, inner)), Tensor(shape=(*leading, other, columns)))


@cases("mean")
def mean(draw: st.DrawFn, _: str) -> Case:
    if draw(st.booleans()):
        return {}, alike(draw, draw(shapes(0, 3)))
    (x,) = floats(draw, 1, 3)
    rank = len(x.shape)
    return given(draw, dim=st.integers(1, rank + 1) | st.integers(-rank, -1)), (x,)
