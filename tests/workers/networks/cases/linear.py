from hypothesis import strategies as st

from service.schemas.plan import Tensor
from tests.workers.networks.cases.registry import Case, cases, floats, given, shapes, sizes


@cases("Linear")
def linear(draw: st.DrawFn, _: str) -> Case:
    fields = given(draw, bias=st.booleans(), norm=st.sampled_from([None, "weight", "spectral"]))
    return {"out_features": draw(sizes), **fields}, floats(draw, 1, 3)


@cases("Bilinear")
def bilinear(draw: st.DrawFn, _: str) -> Case:
    leading = draw(shapes(0, 2))
    first, second = (Tensor(shape=(*leading, draw(sizes))) for _ in range(2))
    if draw(st.integers(0, 4)) == 0 and leading:
        second = Tensor(shape=(leading[0] + 1, *second.shape[1:]))
    return {"out_features": draw(sizes), **given(draw, bias=st.booleans())}, (first, second)
